"""What inventory hears, and what it does about it."""

from contracts.events import sales
from crmkit.records.hearing import CURRENCIES, EVERY_SERVICE, hears, links_to
from services.inventory.projections import apply_orders
from services.inventory.shipping import apply_shipments

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    CURRENCIES,
    links_to(
        {
            "lead": ("first_name", "last_name"),
            "account": ("name",),
            "contact": ("first_name", "last_name"),
            "opportunity": ("name",),
        },
        sales.LEAD,
        sales.ACCOUNT,
        sales.CONTACT,
        sales.OPPORTUNITY,
        within={"contact": "account_id"},
    ),
    hears("sales_orders", (sales.SALES_ORDER,), apply_orders, by_version=True),
    hears("shipments", (sales.SHIPMENT,), apply_shipments),
)
