"""An invoice: what a customer owes, and how much of it has been paid (spec 1.15)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Mapped, relationship

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit import totals
from crmkit.entity import Access, Entity, Snapshot
from crmkit.priced import RETAINED, Priced, PricedLine, compute_totals
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base, documents

STATUSES = (
    "AutoCreated",
    "Created",
    "Approved",
    "Sent",
    "Credit Invoice",
    "Partially Paid",
    "Paid",
    "Cancel",
)
SETTLED = ("Partially Paid", "Paid", "Cancel")
"""The statuses that payments and cancellation set, and nobody types."""


class InvoiceLine(PricedLine, Base):
    """`order_line_id` is the line of the order that is invoiced here."""

    __tablename__ = "invoice_line"

    record_id: Mapped[str] = documents.of_record("invoice")
    product_id: Mapped[str] = f.link("product", required=True)
    order_line_id: Mapped[str | None] = f.link("sales_order_line", read_only=True)


class Invoice(Priced, Base):
    """`received` is the sum of its payments, `balance` what is still owed."""

    __tablename__ = "invoice"

    account_id: Mapped[str] = f.link("account", required=True, when_deleted=f.REFUSE)
    contact_id: Mapped[str | None] = f.link("contact", when_deleted=f.REFUSE)
    opportunity_id: Mapped[str | None] = f.link("opportunity", when_deleted=f.REFUSE)
    quote_id: Mapped[str | None] = f.link("quote", read_only=True, when_deleted=f.REFUSE)
    sales_order_id: Mapped[str | None] = f.link(
        "sales_order", read_only=True, when_deleted=f.REFUSE
    )
    status: Mapped[str] = f.picklist(STATUSES, default="Created", protected=("Sent", *SETTLED))
    invoice_date: Mapped[date | None] = f.date()
    due_date: Mapped[date | None] = f.date()
    customer_no: Mapped[str | None] = f.text(length=100)
    purchase_order: Mapped[str | None] = f.text(length=100)
    sales_commission: Mapped[Decimal | None] = f.decimal(minimum=0)
    excise_duty: Mapped[Decimal | None] = f.decimal(minimum=0)
    received: Mapped[Decimal] = f.money(read_only=True, default=Decimal(0))
    balance: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    search: Mapped[Any] = f.search("number", "subject", "customer_no", "purchase_order")
    lines: Mapped[list[InvoiceLine]] = relationship(
        order_by=InvoiceLine.sequence, cascade="all, delete-orphan", lazy="selectin"
    )


def dated_today_unless_said(uow: UnitOfWork, invoice: Invoice, _: Snapshot) -> None:
    """An invoice without a date could not fall due."""
    if invoice.invoice_date is None:
        invoice.invoice_date = uow.at.date()


def compute_balance(_: UnitOfWork, invoice: Invoice, __: Snapshot) -> None:
    """The total less what was received (spec 1.15)."""
    invoice.balance = totals.balance(invoice.total, invoice.received)


def cancelled_invoice_is_read_only(_: Invoice, before: Snapshot) -> None:
    """A cancelled invoice stays as it was sent."""
    if before.get("status") == "Cancel":
        raise refused("invoice_cancelled", "The invoice is cancelled.")


def settled_statuses_are_not_typed(invoice: Invoice, before: Snapshot) -> Iterable[FieldError]:
    """Only payments make an invoice paid; only its cancellation cancels it."""
    was = before.get("status")
    if invoice.status != was and {*SETTLED} & {invoice.status, was}:
        detail = f"{was or 'a new invoice'} becomes {invoice.status} by no hand"
        yield FieldError("/status", "set_by_action", detail)


def paid_for_total_stays(invoice: Invoice, before: Snapshot) -> None:
    """Nobody is asked for another sum after having paid on this one."""
    if before.get("received") and (invoice.total, invoice.currency) != (
        before["total"],
        before["currency"],
    ):
        raise refused("invoice_has_payments", "Cancel the payments before you change the sum.")


def lines_of_an_order_stay(invoice: Invoice, before: Snapshot) -> Iterable[FieldError]:
    """The order counts what this invoice took of it: cancel the invoice and write another."""
    positions = {line.id: (n, line) for n, line in enumerate(invoice.lines)}
    for was in before.get("lines", ()):
        if was["order_line_id"] is None:
            continue
        name = f"line {was['sequence']} is of an order"
        if was["id"] not in positions:
            yield FieldError("/lines", "line_in_use", f"{name} and cannot be removed")
            continue
        position, line = positions[was["id"]]
        for field in ("quantity", "product_id"):
            if getattr(line, field) != was[field]:
                yield FieldError(f"/lines/{position}/{field}", "line_in_use", f"{name}")


def invoice_of_an_order_is_cancelled_first(_: UnitOfWork, invoice: Invoice) -> None:
    """Cancelling tells the order that it may be invoiced again; deleting would not."""
    if invoice.sales_order_id is not None and invoice.status != "Cancel":
        raise refused("invoice_active", "Cancel the invoice before you delete it.")


INVOICE = Entity(
    model=Invoice,
    name="invoice",
    plural="invoices",
    title="Invoice",
    label=("subject",),
    access=Access.OWNED,
    prefix="INV",
    retained=RETAINED,
    line_model=InvoiceLine,
    derive=(compute_totals, dated_today_unless_said, compute_balance),
    rules=(
        cancelled_invoice_is_read_only,
        settled_statuses_are_not_typed,
        paid_for_total_stays,
        lines_of_an_order_stay,
    ),
    verbs=frozenset({"pay", "cancel"}),
    facts=frozenset({"paid", "partially_paid", "cancelled"}),
    on_delete=(invoice_of_an_order_is_cancelled_first,),
    views=(
        SavedView(
            "open_invoices",
            "Open Invoices",
            ("number", "subject", "status", "account_id.name", "due_date", "balance", "owner_id"),
            {"field": "status", "operator": "ne", "value": ["Paid", "Cancel", "Credit Invoice"]},
            sort=("due_date",),
        ),
        SavedView(
            "paid_invoices",
            "Paid Invoices",
            ("number", "subject", "account_id.name", "invoice_date", "total", "owner_id"),
            {"field": "status", "value": "Paid"},
            sort=("-invoice_date",),
        ),
    ),
)
