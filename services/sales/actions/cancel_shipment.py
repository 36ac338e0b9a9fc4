"""Cancelling a shipment: its goods are the order's again, and inventory puts them back."""

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities.sales_order import (
    SALES_ORDER,
    SalesOrder,
    status_follows_what_has_shipped,
)
from services.sales.entities.shipment import ON_ITS_WAY, SHIPMENT, Shipment


def cancel_shipment(uow: UnitOfWork, shipment: Shipment) -> Shipment:
    """Cancel a shipment, whether its goods have left or not.

    Raises Problem 409 `shipment_cancelled`, or `shipment_short` for one that took nothing.
    """
    if shipment.status == "short":
        raise refused("shipment_short", "The shipment was short and took nothing.")
    if shipment.status not in ON_ITS_WAY:
        raise refused("shipment_cancelled", "The shipment has been cancelled.")
    order: SalesOrder = store.lock(uow, SALES_ORDER, [shipment.sales_order_id])[
        shipment.sales_order_id
    ]
    before = rendering.state(uow.of(SALES_ORDER), order)
    give_back(order, shipment)
    status_follows_what_has_shipped(uow, order, before)
    store.touch(uow, SALES_ORDER, order, before)
    return mark_cancelled(uow, shipment)


def give_back(order: SalesOrder, shipment: Shipment) -> None:
    """Take the shipment's quantities off the order's lines."""
    lines = {line.id: line for line in order.lines}
    for part in shipment.lines:
        line = lines[part.order_line_id]
        line.shipping_quantity -= part.quantity
        if shipment.status == "posted":
            line.shipped_quantity -= part.quantity


def mark_cancelled(uow: UnitOfWork, shipment: Shipment) -> Shipment:
    """Tell everybody that the shipment is off."""
    before = rendering.state(uow.of(SHIPMENT), shipment)
    shipment.status = "cancelled"
    store.touch(uow, SHIPMENT, shipment, before, fact="cancelled")
    return shipment
