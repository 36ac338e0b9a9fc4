"""What inventory tells the others: its records, and what became of the stock.

Records carry `{"record", "changes", "deleted"}` as everywhere. The facts about stock carry one of
the shapes below; every quantity is a decimal in a string, in the product's usage unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PRODUCT = "crm.inventory.product.*.v1"
VENDOR = "crm.inventory.vendor.*.v1"
WAREHOUSE = "crm.inventory.warehouse.*.v1"
PURCHASE_ORDER = "crm.inventory.purchase_order.*.v1"
STOCK_MOVEMENT = "crm.inventory.stock_movement.*.v1"
STOCK_LEVEL = "crm.inventory.stock_level.*.v1"

STOCK_POSTED = "crm.inventory.stock.posted.v1"
STOCK_SHORT = "crm.inventory.stock.short.v1"
STOCK_RELEASED = "crm.inventory.stock.released.v1"
STOCK_LOW = "crm.inventory.stock.low.v1"


@dataclass(frozen=True, slots=True)
class PostedLine:
    """One line of a shipment that left a warehouse, or came back into it."""

    line_id: str
    order_line_id: str | None
    product_id: str
    quantity: str


@dataclass(frozen=True, slots=True)
class ShortLine:
    """One line of a shipment for which `on_hand` did not suffice."""

    line_id: str
    order_line_id: str | None
    product_id: str
    quantity: str
    on_hand: str


@dataclass(frozen=True, slots=True)
class StockPosted:
    """`posted`, subject the shipment, version 1: all of its lines have left the warehouse."""

    sales_order_id: str | None
    warehouse_id: str
    lines: tuple[PostedLine, ...]


@dataclass(frozen=True, slots=True)
class StockShort:
    """`short`, subject the shipment, version 1: nothing left; `missing` says what was lacking."""

    sales_order_id: str | None
    warehouse_id: str
    missing: tuple[ShortLine, ...]


@dataclass(frozen=True, slots=True)
class StockReleased:
    """`released`, subject the shipment, version 2: what a cancelled shipment took is back."""

    sales_order_id: str | None
    warehouse_id: str
    lines: tuple[PostedLine, ...]


@dataclass(frozen=True, slots=True)
class StockLow:
    """`low`, subject the product: `available` (on hand less reserved) fell below `reorder_level`.

    Told once for each crossing; `version` counts the changes of this product's stock.
    """

    product_id: str
    number: str
    name: str
    owner_id: str
    available: str
    reorder_level: str


STOCK_FACTS: Mapping[str, type] = {
    "stock.posted": StockPosted,
    "stock.short": StockShort,
    "stock.released": StockReleased,
    "stock.low": StockLow,
}
"""The shape of each fact about stock, by subject and fact."""
