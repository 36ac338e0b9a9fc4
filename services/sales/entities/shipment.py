"""A shipment: goods of one order on their way, and what the warehouse said about them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Mapped, relationship

from contracts.errors import FieldError
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Line, Owned
from services.sales.entities import Base, documents

STATUSES = ("pending", "posted", "short", "cancelled")
ON_ITS_WAY = frozenset({"pending", "posted"})


class Shortage(BaseModel):
    """One line for which the warehouse had only `on_hand` of `quantity`."""

    line_id: str
    order_line_id: str | None
    product_id: str
    quantity: Decimal
    on_hand: Decimal


class ShipmentLine(Line, Base):
    """So many of the product of one line of the order."""

    __tablename__ = "shipment_line"

    record_id: Mapped[str] = documents.of_record("shipment")
    order_line_id: Mapped[str] = f.link("sales_order_line", required=True, read_only=True)
    product_id: Mapped[str] = f.link("product", required=True, read_only=True)
    quantity: Mapped[Decimal] = f.decimal(required=True, read_only=True)


class Shipment(Owned, Base):
    """`pending` until inventory answers: `posted` when all of it left, `short` when nothing did.

    `warehouse_id` is empty until then if the default warehouse is to ship; `shortage` says what
    was lacking.
    """

    __tablename__ = "shipment"

    sales_order_id: Mapped[str] = f.link(
        "sales_order", required=True, read_only=True, when_deleted=f.REFUSE
    )
    account_id: Mapped[str] = f.link("account", required=True, read_only=True)
    warehouse_id: Mapped[str | None] = f.link("warehouse", read_only=True)
    status: Mapped[str] = f.picklist(STATUSES, default="pending", read_only=True)
    carrier: Mapped[str | None] = f.text(length=60)
    tracking_number: Mapped[str | None] = f.text(length=100)
    shipped_at: Mapped[datetime | None] = f.instant()
    shortage: Mapped[list[Any]] = f.json(list[Shortage], default=[], read_only=True)
    description: Mapped[str | None] = f.long_text()
    search: Mapped[Any] = f.search("number", "carrier", "tracking_number")
    lines: Mapped[list[ShipmentLine]] = relationship(
        order_by=ShipmentLine.sequence, cascade="all, delete-orphan", lazy="selectin"
    )


def packed_lines_stay(shipment: Shipment, before: Snapshot) -> Iterable[FieldError]:
    """What is packed is packed: cancel the shipment and ship anew."""
    if before and not documents.same_lines(SHIPMENT, shipment, before):
        yield FieldError("/lines", "read_only", "the lines of a shipment do not change")


SHIPMENT = Entity(
    model=Shipment,
    name="shipment",
    plural="shipments",
    title="Shipment",
    label=("number",),
    access=Access.OWNED,
    prefix="SHP",
    line_model=ShipmentLine,
    rules=(packed_lines_stay,),
    verbs=frozenset({"cancel"}),
    facts=frozenset({"posted", "short", "cancelled"}),
    closed=frozenset({"create", "delete"}),
)
