"""A stock movement: units that came into a warehouse or left it. Written once, never changed.

What is on hand is the sum of the movements. People enter openings, counts and corrections;
shipments and receipts write theirs themselves.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from crmkit.unit_of_work import UnitOfWork
from services.inventory import levels, places
from services.inventory.entities import Base

BY_HAND = ("opening", "count", "correction", "transfer", "return")
"""Reasons that people give. A count enters the difference between counted and on hand."""

BY_DOCUMENT = ("shipment", "shipment_cancelled", "receipt", "receipt_cancelled")


class StockMovement(Record, Base):
    """`quantity` is signed; `balance` is what lay in that warehouse afterwards.

    `line_id` is the line of the shipment or purchase order that moved it.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        Index(
            "uq_stock_movement_line_id_reason",
            "line_id",
            "reason",
            unique=True,
            postgresql_where=text("reason IN ('shipment', 'shipment_cancelled')"),
        ),
    )

    product_id: Mapped[str] = f.link("product", required=True)
    warehouse_id: Mapped[str | None] = f.link("warehouse", when_deleted=f.KEEP)
    quantity: Mapped[Decimal] = f.decimal(required=True)
    reason: Mapped[str] = f.picklist(
        (*BY_HAND, *BY_DOCUMENT), required=True, protected=("opening", "count", *BY_DOCUMENT)
    )
    note: Mapped[str | None] = f.text(length=1000)
    balance: Mapped[Decimal | None] = f.decimal(read_only=True)
    shipment_id: Mapped[str | None] = f.link("shipment", read_only=True)
    purchase_order_id: Mapped[str | None] = f.link(
        "purchase_order", read_only=True, when_deleted=f.KEEP
    )
    line_id: Mapped[str | None] = f.text(length=36, read_only=True)
    search: Mapped[Any] = f.search("reason", "note")


def move_the_stock(uow: UnitOfWork, movement: StockMovement, before: Snapshot) -> None:
    """Change the level with the movement. Raises Problem 409 `insufficient_stock`."""
    del before
    if movement.warehouse_id is None:
        movement.warehouse_id = places.default_warehouse(uow)
    place = (movement.product_id, movement.warehouse_id)
    levels.lock(uow, [movement.product_id])
    held = levels.on_hand(uow, [movement.product_id]).get(place, levels.NONE)
    movement.balance = held + movement.quantity
    if movement.balance < 0:
        detail = f"Only {held:f} of this product are in that warehouse."
        raise refused("insufficient_stock", detail, on_hand=f"{held:f}")
    levels.change(uow, {place: levels.Shift(on_hand=movement.quantity)})


def reason_is_for_people(movement: StockMovement, before: Snapshot) -> Iterator[FieldError]:
    """Movements of documents are written by the documents alone."""
    del before
    if movement.reason in BY_DOCUMENT:
        yield FieldError("/reason", "reserved", "is written by documents alone")


def something_moves(movement: StockMovement, before: Snapshot) -> Iterator[FieldError]:
    """Only an opening or a count may record that nothing is there or has changed."""
    del before
    if not movement.quantity and movement.reason not in {"opening", "count"}:
        yield FieldError("/quantity", "zero", "must not be zero")


STOCK_MOVEMENT = Entity(
    model=StockMovement,
    name="stock_movement",
    plural="stock-movements",
    title="Stock movement",
    label=("reason", "quantity"),
    access=Access.SHARED,
    closed=frozenset({"edit", "delete"}),
    derive=(move_the_stock,),
    rules=(reason_is_for_people, something_moves),
    examples={"reason": BY_HAND},
)
