"""What sales hears, and what it does about it."""

from contracts.events import inventory
from crmkit.records.hearing import CURRENCIES, EVERY_SERVICE, hears, links_to
from services.sales.stock_answers import apply_stock_answers

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    CURRENCIES,
    links_to(
        {"product": ("name",), "vendor": ("name",), "warehouse": ("name",)},
        inventory.PRODUCT,
        inventory.VENDOR,
        inventory.WAREHOUSE,
    ),
    hears("stock_answers", (inventory.STOCK_POSTED, inventory.STOCK_SHORT), apply_stock_answers),
)
