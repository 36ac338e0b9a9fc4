"""What the workshop hears: who exists, as every service does, and which gadgets others make."""

from crmkit.records.hearing import EVERY_SERVICE, links_to

SUBSCRIPTIONS = (*EVERY_SERVICE, links_to({"gadget": "name"}, "crm.elsewhere.gadget.*.v1"))
