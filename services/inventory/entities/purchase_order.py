"""A purchase order: what is bought from a vendor, and how much of it has come (spec 1.16)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, ScalarSelect, Uuid, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.priced import RETAINED, Priced, PricedLine, compute_totals
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.inventory import places
from services.inventory.entities import Base

STATUSES = (
    "Created",
    "Approved",
    "Partially Received",
    "Received Shipment",
    "Delivered",
    "Cancelled",
)
"""vtiger's, and Partially Received; receipts lead past Delivered, which is kept for its users."""

EXPECTED = ("Approved", "Partially Received")
"""While it is one of these, what has not been received is on order."""


class PurchaseOrderLine(PricedLine, Base):
    """`received_quantity` is what receipts have brought of `quantity`."""

    __tablename__ = "purchase_order_line"

    record_id: Mapped[str] = mapped_column(
        Uuid(as_uuid=False), ForeignKey("purchase_order.id", ondelete="CASCADE"), index=True
    )
    product_id: Mapped[str] = f.link("product", required=True)
    received_quantity: Mapped[Decimal] = f.decimal(read_only=True, default=Decimal(0))


class PurchaseOrder(Priced, Base):
    """`requisition_number` names the applicant's request; `balance` is what is still to be paid."""

    __tablename__ = "purchase_order"

    vendor_id: Mapped[str] = f.link("vendor", required=True, when_deleted=f.REFUSE)
    contact_id: Mapped[str | None] = f.link("contact")
    warehouse_id: Mapped[str | None] = f.link("warehouse", when_deleted=f.KEEP)
    status: Mapped[str] = f.picklist(STATUSES, read_only=True, default="Created")
    requisition_number: Mapped[str | None] = f.text(length=100)
    tracking_number: Mapped[str | None] = f.text(length=100)
    due_date: Mapped[date | None] = f.date()
    sales_commission: Mapped[Decimal | None] = f.decimal(scale=3, minimum=0)
    excise_duty: Mapped[Decimal | None] = f.decimal(scale=3, minimum=0)
    paid: Mapped[Decimal] = f.money(default=Decimal(0))
    balance: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    search: Mapped[Any] = f.search("number", "subject", "requisition_number", "tracking_number")
    lines: Mapped[list[PurchaseOrderLine]] = relationship(
        order_by=PurchaseOrderLine.sequence, cascade="all, delete-orphan"
    )


def choose_warehouse(uow: UnitOfWork, order: PurchaseOrder, before: Snapshot) -> None:
    """Goods are expected where the order says, else in the default warehouse."""
    del before
    if order.warehouse_id is None:
        order.warehouse_id = places.default_warehouse(uow)


def keep_balance(uow: UnitOfWork, order: PurchaseOrder, before: Snapshot) -> None:
    """Spec 1.9 step 7: balance = total - paid."""
    del uow, before
    if order.balance != order.total - order.paid:
        order.balance = order.total - order.paid


def follow_receipts(uow: UnitOfWork, order: PurchaseOrder, before: Snapshot) -> None:
    """An approved order's status says how much of it has come, whoever changed what."""
    del uow, before
    if order.status not in {*EXPECTED, "Received Shipment"}:
        return
    if all(line.received_quantity >= line.quantity for line in order.lines):
        order.status = "Received Shipment"
    elif any(line.received_quantity for line in order.lines):
        order.status = "Partially Received"
    else:
        order.status = "Approved"


def lines_cover_what_was_received(order: PurchaseOrder, before: Snapshot) -> Iterator[FieldError]:
    """What has come can neither be ordered less, nor become another product, nor be left out."""
    received = {line["id"]: line for line in before.get("lines", ()) if line["received_quantity"]}
    for position, line in enumerate(order.lines):
        old = received.pop(line.id, None)
        if old is None:
            continue
        if line.product_id != old["product_id"]:
            detail = "has been received and cannot become another product"
            yield FieldError(f"/lines/{position}/product_id", "received", detail)
        if line.quantity < line.received_quantity:
            detail = f"{line.received_quantity:f} have been received already"
            yield FieldError(f"/lines/{position}/quantity", "received", detail)
    if received:
        yield FieldError("/lines", "received", "a line that has been received cannot be removed")


def keep_what_was_received(uow: UnitOfWork, order: PurchaseOrder) -> None:
    """The bin must not hide where stock came from. Raises Problem 409 `order_received`."""
    del uow
    if any(line.received_quantity for line in order.lines):
        detail = "Goods have been received on this order; cancel it to send them back."
        raise refused("order_received", detail)


def on_order(product_id: Any, warehouse_id: Any | None = None) -> ScalarSelect[Any]:
    """SQL: how much of the product is expected, in all warehouses or in one."""
    line, order = PurchaseOrderLine.__table__, PurchaseOrder.__table__
    missing = func.greatest(line.c.quantity - line.c.received_quantity, 0)
    query = (
        select(func.trim_scale(func.coalesce(func.sum(missing), 0)))
        .select_from(line.join(order, order.c.id == line.c.record_id))
        .where(
            line.c.product_id == product_id,
            order.c.status.in_(EXPECTED),
            order.c.deleted_at.is_(None),
        )
    )
    if warehouse_id is not None:
        query = query.where(order.c.warehouse_id == warehouse_id)
    return query.correlate_except(line, order).scalar_subquery()


PURCHASE_ORDER = Entity(
    model=PurchaseOrder,
    name="purchase_order",
    plural="purchase-orders",
    title="Purchase order",
    label=("subject",),
    access=Access.OWNED,
    prefix="PO",
    retained=RETAINED,
    line_model=PurchaseOrderLine,
    derive=(compute_totals, choose_warehouse, keep_balance, follow_receipts),
    rules=(lines_cover_what_was_received,),
    verbs=frozenset({"approve", "receive", "cancel"}),
    facts=frozenset({"approved", "received", "cancelled"}),
    on_delete=(keep_what_was_received,),
    views=(
        SavedView(
            "open_purchase_orders",
            "Open Purchase Orders",
            ("number", "subject", "status", "vendor_id.name", "due_date", "total", "owner_id"),
            {"field": "status", "value": ["Created", "Approved", "Partially Received"]},
            sort=("due_date",),
        ),
        SavedView(
            "received_purchase_orders",
            "Received Purchase Orders",
            ("number", "subject", "vendor_id.name", "total", "owner_id"),
            {"field": "status", "value": "Received Shipment"},
            sort=("-modified_at",),
        ),
    ),
)
