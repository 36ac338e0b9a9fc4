"""Shipping a sales order, whole or in part: a shipment is made, and the warehouse is asked."""

from decimal import Decimal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.records.relations import links
from crmkit.unit_of_work import UnitOfWork
from services.sales.actions.inputs import Id, Parts, ShortText, Text, parts_of
from services.sales.entities.sales_order import (
    BINDING,
    SALES_ORDER,
    SalesOrder,
    SalesOrderLine,
    cancelled_order_is_read_only,
)
from services.sales.entities.shipment import SHIPMENT, Shipment


class ShipOrder(BaseModel):
    """Without `lines` everything left goes; without `warehouse_id`, from the default warehouse."""

    model_config = ConfigDict(extra="forbid")
    lines: Parts | None = None
    warehouse_id: Id | None = None
    carrier: ShortText | None = None
    tracking_number: Text | None = None
    shipped_at: AwareDatetime | None = None


def left_to_ship(line: SalesOrderLine) -> Decimal:
    """What of the line is in no shipment yet."""
    return line.quantity - line.shipping_quantity


def ship_order(uow: UnitOfWork, order: SalesOrder, body: ShipOrder) -> Shipment:
    """A pending shipment; inventory posts it or finds the stock short.

    Raises Problem 409 `order_not_approved`, `order_cancelled`, `nothing_to_ship`; 422 that names
    every line of which less is left than asked for.
    """
    before = rendering.state(uow.of(SALES_ORDER), order)
    cancelled_order_is_read_only(order, before)
    if order.status not in BINDING:
        raise refused("order_not_approved", "The order has not been approved.")
    if body.warehouse_id is not None:
        links.check(uow, SHIPMENT, {"warehouse_id": body.warehouse_id})
    parts = parts_of(order, body.lines, left_to_ship)
    if not parts:
        raise refused("nothing_to_ship", "Nothing of the order is left to ship.")
    for line, quantity in parts:
        line.shipping_quantity += quantity
    store.touch(uow, SALES_ORDER, order, before)
    values = {
        "sales_order_id": order.id,
        "account_id": order.account_id,
        "owner_id": order.owner_id,
        "warehouse_id": body.warehouse_id,
        "carrier": body.carrier or order.carrier,
        "tracking_number": body.tracking_number,
        "shipped_at": body.shipped_at,
        "lines": [
            {"order_line_id": line.id, "product_id": line.product_id, "quantity": quantity}
            for line, quantity in parts
        ],
    }
    shipment: Shipment = store.insert(uow, SHIPMENT, values, source="CRM")
    return shipment
