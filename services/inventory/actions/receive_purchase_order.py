"""Receives goods on a purchase order, whole or in part: stock goes up."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from contracts.errors import FieldError, invalid, refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.records.relations import links
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from services.inventory import ledger, levels, places
from services.inventory.entities.purchase_order import (
    EXPECTED,
    PURCHASE_ORDER,
    PurchaseOrder,
    PurchaseOrderLine,
    follow_receipts,
)
from services.inventory.ledger import Movement

Id = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]


class ReceivedLine(BaseModel):
    """So much of one line has come."""

    model_config = ConfigDict(extra="forbid")
    line_id: Id
    quantity: Annotated[
        Decimal, Constraint(gt=0, max_digits=19, decimal_places=4, allow_inf_nan=False)
    ]


class Receipt(BaseModel):
    """Without `lines` everything has come that is still missing; `warehouse_id` says where to."""

    model_config = ConfigDict(extra="forbid")
    lines: Annotated[list[ReceivedLine], Constraint(min_length=1, max_length=1000)] | None = None
    warehouse_id: Id | None = None


def receive(uow: UnitOfWork, order: PurchaseOrder, receipt: Receipt) -> PurchaseOrder:
    """Raises Problem 409 `not_expected` unless approved, 422 for what was not ordered."""
    if order.status not in EXPECTED:
        detail = f"Nothing can be received on a purchase order that is {order.status}."
        raise refused("not_expected", detail)
    if receipt.warehouse_id is not None:
        links.check(uow, PURCHASE_ORDER, {"warehouse_id": receipt.warehouse_id})
    warehouse_id = receipt.warehouse_id or order.warehouse_id or places.default_warehouse(uow)
    arrived = _arrived(order, receipt)
    before = rendering.state(uow.of(PURCHASE_ORDER), order)
    products = {line.product_id for line, _ in arrived}
    levels.lock(uow, products)
    movements = [
        Movement(
            uow,
            (line.product_id, warehouse_id),
            quantity,
            "receipt",
            line.id,
            purchase_order_id=order.id,
        )
        for line, quantity in arrived
    ]
    ledger.post(uow, movements, levels.on_hand(uow, products))
    for line, quantity in arrived:
        line.received_quantity += quantity
    follow_receipts(uow, order, before)
    store.touch(uow, PURCHASE_ORDER, order, before, fact="received")
    return order


def _arrived(order: PurchaseOrder, receipt: Receipt) -> list[tuple[PurchaseOrderLine, Decimal]]:
    missing = {line.id: line.quantity - line.received_quantity for line in order.lines}
    lines = {line.id: line for line in order.lines}
    if receipt.lines is None:
        return [(lines[line_id], quantity) for line_id, quantity in missing.items() if quantity]
    errors = []
    arrived = []
    for position, received in enumerate(receipt.lines):
        line = lines.get(received.line_id)
        if line is None:
            detail = "is no line of this purchase order"
            errors.append(FieldError(f"/lines/{position}/line_id", "unknown_line", detail))
            continue
        if received.quantity > missing[line.id]:
            detail = f"only {missing[line.id]:f} are still missing"
            errors.append(FieldError(f"/lines/{position}/quantity", "too_much", detail))
        missing[line.id] -= received.quantity
        arrived.append((line, received.quantity))
    if errors:
        raise invalid(errors)
    return arrived
