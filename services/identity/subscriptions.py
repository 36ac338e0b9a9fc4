"""What identity hears: its own people, like every other service."""

from crmkit.records.hearing import EVERY_SERVICE

SUBSCRIPTIONS = EVERY_SERVICE
