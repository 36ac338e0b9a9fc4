"""Approving a sales order: from now on the warehouse holds its goods ready."""

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities.sales_order import (
    SALES_ORDER,
    SalesOrder,
    cancelled_order_is_read_only,
)


def approve_order(uow: UnitOfWork, order: SalesOrder) -> SalesOrder:
    """Approve the order; inventory hears it and reserves the goods.

    Raises Problem 409 `order_already_approved`, `order_cancelled`, or `order_empty` when there is
    nothing to deliver.
    """
    before = rendering.state(uow.of(SALES_ORDER), order)
    cancelled_order_is_read_only(order, before)
    if order.status != "Created":
        raise refused("order_already_approved", "The order has been approved.")
    if not any(line.quantity > 0 for line in order.lines):
        raise refused("order_empty", "The order has no line with a quantity.")
    order.status, order.approved_at = "Approved", uow.at
    store.touch(uow, SALES_ORDER, order, before, fact="approved")
    return order
