"""What inventory hears, and what it does about it."""

from contracts.events import sales
from crmkit.records.hearing import CURRENCIES, EVERY_SERVICE, hears, links_to
from services.inventory.projections import apply_orders
from services.inventory.shipping import apply_shipments

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    CURRENCIES,
    links_to({"contact": ("first_name", "last_name")}, sales.CONTACT),
    hears("sales_orders", (sales.SALES_ORDER,), apply_orders),
    hears("shipments", (sales.SHIPMENT,), apply_shipments),
)
