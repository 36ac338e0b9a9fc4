"""What support hears, and what it does about it."""

from contracts.events import inventory, sales
from crmkit.records.hearing import EVERY_SERVICE, links_to

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    links_to(
        {"account": ("name",), "contact": ("first_name", "last_name"), "product": ("name",)},
        sales.ACCOUNT,
        sales.CONTACT,
        inventory.PRODUCT,
        within={"contact": "account_id"},
    ),
)
