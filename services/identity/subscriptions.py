"""What identity hears: what every service does, and their answers about people and records."""

from contracts.events.ownership import MOVED
from contracts.events.privacy import ANSWERED
from crmkit.records.hearing import EVERY_SERVICE, hears
from services.identity.ownership import hear_moved
from services.identity.privacy import hear_answers

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    hears("privacy_answers", (ANSWERED,), hear_answers),
    hears("ownership_moved", (MOVED,), hear_moved),
)
