"""Approves a purchase order: from now on its products are on order."""

from contracts.errors import refused
from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.inventory.entities.purchase_order import PURCHASE_ORDER, PurchaseOrder


def approve(uow: UnitOfWork, order: PurchaseOrder) -> PurchaseOrder:
    """Raises Problem 409 `not_approvable` unless it was just created, `no_lines` if it is empty."""
    if order.status != "Created":
        detail = f"A purchase order that is {order.status} cannot be approved."
        raise refused("not_approvable", detail)
    if not order.lines:
        raise refused("no_lines", "A purchase order without lines cannot be approved.")
    store.update(uow, PURCHASE_ORDER, order, {"status": "Approved"}, fact="approved")
    return order
