"""What identity hears: what every service does, and their answers about people's data."""

from contracts.events.privacy import ANSWERED
from crmkit.records.hearing import EVERY_SERVICE, hears
from services.identity.privacy import hear_answers

SUBSCRIPTIONS = (*EVERY_SERVICE, hears("privacy_answers", (ANSWERED,), hear_answers))
