"""Cancelling a sales order: its shipments are cancelled and what it reserved is free again."""

from sqlalchemy import select

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.actions.cancel_shipment import give_back, mark_cancelled
from services.sales.entities.sales_order import (
    SALES_ORDER,
    SalesOrder,
    cancelled_order_is_read_only,
)
from services.sales.entities.shipment import ON_ITS_WAY, Shipment


def cancel_order(uow: UnitOfWork, order: SalesOrder) -> SalesOrder:
    """Cancel the order and every shipment of it that is on its way or has left.

    Raises Problem 409 `order_cancelled`, or `order_invoiced` while invoices stand.
    """
    before = rendering.state(uow.of(SALES_ORDER), order)
    cancelled_order_is_read_only(order, before)
    if any(line.invoiced_quantity > 0 for line in order.lines):
        raise refused("order_invoiced", "Cancel the invoices of the order first.")
    under_way = uow.session.scalars(
        select(Shipment)
        .where(Shipment.sales_order_id == order.id, Shipment.status.in_(ON_ITS_WAY))
        .order_by(Shipment.id)
        .with_for_update()
    ).all()
    for shipment in under_way:
        give_back(order, shipment)
    order.status = "Cancelled"
    store.touch(uow, SALES_ORDER, order, before, fact="cancelled")
    for shipment in under_way:
        mark_cancelled(uow, shipment)
    return order
