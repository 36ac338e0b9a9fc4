"""What the workshop hears: who exists, as every service does, and which gadgets others make."""

from crmkit.records.hearing import PEOPLE, links_to

SUBSCRIPTIONS = (PEOPLE, links_to({"gadget": "name"}, "crm.elsewhere.gadget.*.v1"))
