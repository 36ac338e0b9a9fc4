"""A sales order: what a customer ordered, and of each line how much has shipped (spec 1.10)."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Mapped, relationship

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.priced import RETAINED, Priced, PricedLine, compute_totals
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base, documents

STATUSES = ("Created", "Approved", "Partially Shipped", "Delivered", "Cancelled")
BINDING = frozenset({"Approved", "Partially Shipped", "Delivered"})
"""The statuses in which goods may leave and invoices be written."""


class SalesOrderLine(PricedLine, Base):
    """`shipping_quantity` is in shipments pending or posted, `shipped_quantity` in posted ones."""

    __tablename__ = "sales_order_line"

    record_id: Mapped[str] = documents.of_record("sales_order")
    product_id: Mapped[str] = f.link("product", required=True)
    shipping_quantity: Mapped[Decimal] = f.decimal(read_only=True, default=Decimal(0))
    shipped_quantity: Mapped[Decimal] = f.decimal(read_only=True, default=Decimal(0))
    invoiced_quantity: Mapped[Decimal] = f.decimal(read_only=True, default=Decimal(0))


class SalesOrder(Priced, Base):
    """`status` follows approval, what has shipped, and cancellation; nobody types it."""

    __tablename__ = "sales_order"

    account_id: Mapped[str] = f.link("account", required=True, when_deleted=f.REFUSE)
    contact_id: Mapped[str | None] = f.link("contact", when_deleted=f.REFUSE)
    opportunity_id: Mapped[str | None] = f.link("opportunity", when_deleted=f.REFUSE)
    quote_id: Mapped[str | None] = f.link("quote", when_deleted=f.REFUSE)
    status: Mapped[str] = f.picklist(STATUSES, default="Created", read_only=True)
    order_date: Mapped[date | None] = f.date()
    due_date: Mapped[date | None] = f.date()
    approved_at: Mapped[datetime | None] = f.instant(read_only=True)
    customer_no: Mapped[str | None] = f.text(length=100)
    purchase_order: Mapped[str | None] = f.text(length=100)
    pending: Mapped[str | None] = f.text()
    sales_commission: Mapped[Decimal | None] = f.decimal(minimum=0)
    excise_duty: Mapped[Decimal | None] = f.decimal(minimum=0)
    search: Mapped[Any] = f.search("number", "subject", "customer_no", "purchase_order")
    lines: Mapped[list[SalesOrderLine]] = relationship(
        order_by=SalesOrderLine.sequence, cascade="all, delete-orphan", lazy="selectin"
    )


def ordered_today_unless_said(uow: UnitOfWork, order: SalesOrder, _: Snapshot) -> None:
    """Reports count an order in the month of its date."""
    if order.order_date is None:
        order.order_date = uow.at.date()


def status_follows_what_has_shipped(_: UnitOfWork, order: SalesOrder, __: Snapshot) -> None:
    """An approved order is delivered when nothing of any line is left to ship."""
    if order.status not in BINDING:
        return
    if all(line.shipped_quantity == 0 for line in order.lines):
        order.status = "Approved"
    elif all(line.shipped_quantity >= line.quantity for line in order.lines):
        order.status = "Delivered"
    else:
        order.status = "Partially Shipped"


def cancelled_order_is_read_only(_: SalesOrder, before: Snapshot) -> None:
    """Whoever wants the goods after all orders anew."""
    if before.get("status") == "Cancelled":
        raise refused("order_cancelled", "The order is cancelled.")


def lines_cover_what_is_under_way(order: SalesOrder, before: Snapshot) -> Iterable[FieldError]:
    """What is in shipments or invoiced cannot be taken off its line any more."""
    positions = {line.id: (n, line) for n, line in enumerate(order.lines)}
    for was in before.get("lines", ()):
        committed = max(was["shipping_quantity"], was["invoiced_quantity"])
        if not committed:
            continue
        name = f"line {was['sequence']} has {committed.normalize():f} shipped or invoiced"
        if was["id"] not in positions:
            yield FieldError("/lines", "line_in_use", f"{name} and cannot be removed")
            continue
        position, line = positions[was["id"]]
        if line.quantity < committed:
            pointer = f"/lines/{position}/quantity"
            yield FieldError(pointer, "below_committed", f"{name}: its quantity cannot be less")
        if line.product_id != was["product_id"]:
            pointer = f"/lines/{position}/product_id"
            yield FieldError(pointer, "line_in_use", f"{name}: its product cannot change")


def currency_stays_once_invoiced(order: SalesOrder, before: Snapshot) -> Iterable[FieldError]:
    """The invoices of one order add up in one currency."""
    invoiced = any(line["invoiced_quantity"] for line in before.get("lines", ()))
    if invoiced and order.currency != before["currency"]:
        yield FieldError("/currency", "invoiced", "the order has been invoiced in part")


def active_order_stays(_: UnitOfWork, order: SalesOrder) -> None:
    """Goods that are reserved or under way are put back by cancelling, not by deleting."""
    if order.status in BINDING:
        raise refused("order_active", "Cancel the order before you delete it.")


SALES_ORDER = Entity(
    model=SalesOrder,
    name="sales_order",
    plural="sales-orders",
    title="Sales order",
    label=("subject",),
    access=Access.OWNED,
    prefix="SO",
    retained=RETAINED,
    line_model=SalesOrderLine,
    derive=(compute_totals, ordered_today_unless_said, status_follows_what_has_shipped),
    rules=(
        cancelled_order_is_read_only,
        lines_cover_what_is_under_way,
        currency_stays_once_invoiced,
    ),
    verbs=frozenset({"approve", "ship", "invoice", "cancel"}),
    facts=frozenset({"approved", "shipped", "invoiced", "cancelled"}),
    on_delete=(active_order_stays,),
    views=(
        SavedView(
            "pending_sales_orders",
            "Pending Sales Orders",
            ("number", "subject", "status", "account_id.name", "due_date", "total", "owner_id"),
            {"field": "status", "operator": "ne", "value": ["Delivered", "Cancelled"]},
            sort=("due_date",),
        ),
    ),
)
