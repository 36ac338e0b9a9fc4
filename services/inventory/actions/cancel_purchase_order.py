"""Cancels a purchase order: nothing more is expected, and what was received goes back."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.inventory import ledger, levels
from services.inventory.entities.purchase_order import PURCHASE_ORDER, PurchaseOrder
from services.inventory.entities.stock_movement import StockMovement
from services.inventory.ledger import Movement
from services.inventory.levels import NONE, Place


def cancel(uow: UnitOfWork, order: PurchaseOrder) -> PurchaseOrder:
    """Raises Problem 409 `already_cancelled`, or `insufficient_stock` if the goods have left."""
    if order.status == "Cancelled":
        raise refused("already_cancelled", "This purchase order is cancelled already.")
    before = rendering.state(uow.of(PURCHASE_ORDER), order)
    received = _received(uow, order)
    if received:
        _send_back(uow, order, received)
    for line in order.lines:
        line.received_quantity = NONE
    order.status = "Cancelled"
    store.touch(uow, PURCHASE_ORDER, order, before, fact="cancelled")
    return order


def _received(uow: UnitOfWork, order: PurchaseOrder) -> list[tuple[str, Place, Decimal]]:
    """What the ledger says has come on each line, and where it was put."""
    if not any(line.received_quantity for line in order.lines):
        return []
    movement = StockMovement.__table__.c
    keys = (movement.line_id, movement.product_id, movement.warehouse_id)
    query = (
        select(*keys, func.sum(movement.quantity).label("quantity"))
        .where(movement.purchase_order_id == order.id)
        .group_by(*keys)
        .order_by(*keys)
    )
    rows = uow.session.execute(query)
    return [
        (row.line_id, (row.product_id, row.warehouse_id), row.quantity)
        for row in rows
        if row.quantity
    ]


def _send_back(
    uow: UnitOfWork, order: PurchaseOrder, received: list[tuple[str, Place, Decimal]]
) -> None:
    products = {place[0] for _, place, _ in received}
    levels.lock(uow, products)
    held = levels.on_hand(uow, products)
    missing = _missing(received, held)
    if missing:
        detail = "Some of what was received has left the warehouse and cannot be sent back."
        raise refused("insufficient_stock", detail, missing=missing)
    movements = [
        Movement(uow, place, -quantity, "receipt_cancelled", line_id, purchase_order_id=order.id)
        for line_id, place, quantity in received
    ]
    ledger.post(uow, movements, held)


def _missing(
    received: list[tuple[str, Place, Decimal]], held: dict[Place, Decimal]
) -> list[dict[str, Any]]:
    wanted: dict[Place, Decimal] = {}
    for _, place, quantity in received:
        wanted[place] = wanted.get(place, NONE) + quantity
    return [
        {
            "product_id": place[0],
            "warehouse_id": place[1],
            "quantity": f"{quantity:f}",
            "on_hand": f"{held.get(place, NONE):f}",
        }
        for place, quantity in wanted.items()
        if held.get(place, NONE) < quantity
    ]
