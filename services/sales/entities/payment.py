"""A payment: money a customer sent for one invoice."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Mapped

from crmkit import fields as f
from crmkit.entity import Access, Entity
from crmkit.priced import RETAINED_FOR
from crmkit.record import Owned
from services.sales.entities import Base

METHODS = ("Bank Transfer", "Cash", "Cheque", "Credit Card", "Direct Debit", "Other")


class Payment(Owned, Base):
    """`amount` is in the currency of the invoice, which is `currency`."""

    __tablename__ = "payment"

    invoice_id: Mapped[str] = f.link(
        "invoice", required=True, read_only=True, when_deleted=f.REFUSE
    )
    account_id: Mapped[str] = f.link("account", required=True, read_only=True)
    status: Mapped[str] = f.picklist(("received", "cancelled"), default="received", read_only=True)
    amount: Mapped[Decimal] = f.money(required=True, read_only=True)
    currency: Mapped[str] = f.text(length=3, required=True, read_only=True)
    paid_on: Mapped[date] = f.date(required=True, read_only=True)
    method: Mapped[str | None] = f.picklist(METHODS)
    reference: Mapped[str | None] = f.text(length=100, personal=True)
    description: Mapped[str | None] = f.long_text(personal=True)
    search: Mapped[Any] = f.search("number", "reference")


PAYMENT = Entity(
    model=Payment,
    name="payment",
    plural="payments",
    title="Payment",
    label=("number",),
    access=Access.OWNED,
    prefix="PAY",
    retained={"reference": f"{RETAINED_FOR}, with what the bank said of them."},
    verbs=frozenset({"cancel"}),
    facts=frozenset({"cancelled"}),
    closed=frozenset({"create", "delete"}),
)
