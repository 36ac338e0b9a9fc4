"""What reporting hears, and what it does about it."""

from contracts.events import inventory, messaging, sales, support
from crmkit.records.hearing import CURRENCIES, EVERY_SERVICE, hears
from services.reporting.projections import apply_facts
from services.reporting.renaming import apply_picklists

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    CURRENCIES,
    hears(
        "facts",
        (
            sales.LEAD,
            sales.ACCOUNT,
            sales.CONTACT,
            sales.OPPORTUNITY,
            sales.QUOTE,
            sales.SALES_ORDER,
            sales.SHIPMENT,
            sales.INVOICE,
            sales.PAYMENT,
            inventory.PRODUCT,
            inventory.VENDOR,
            inventory.WAREHOUSE,
            inventory.PURCHASE_ORDER,
            inventory.STOCK_MOVEMENT,
            support.TICKET,
            messaging.EMAIL_TEMPLATE,
            messaging.EMAIL,
        ),
        apply_facts,
        picklists=apply_picklists,
        by_version=True,
    ),
)
