"""What the workshop hears: who exists, as every service does."""

from crmkit.records.hearing import PEOPLE

SUBSCRIPTIONS = (PEOPLE,)
