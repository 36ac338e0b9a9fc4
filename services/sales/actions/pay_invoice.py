"""Taking a payment for an invoice: in part or whole, never more than is owed."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from contracts.errors import FieldError, invalid, refused
from crmkit import totals
from crmkit.records import picklists, store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.actions.inputs import Text
from services.sales.entities import documents
from services.sales.entities.invoice import INVOICE, Invoice
from services.sales.entities.payment import PAYMENT, Payment

Amount = Annotated[Decimal, Constraint(gt=0, max_digits=19, decimal_places=4)]


class NewPayment(BaseModel):
    """`amount` is in the invoice's currency; `paid_on` is today (UTC) unless said.

    `method` is one of the payments' methods.
    """

    model_config = ConfigDict(extra="forbid")
    amount: Amount
    paid_on: date | None = None
    method: Text | None = None
    reference: Text | None = None
    description: Annotated[str, StringConstraints(max_length=50_000)] | None = None


def pay_invoice(uow: UnitOfWork, invoice: Invoice, body: NewPayment) -> Payment:
    """The payment; the invoice is Paid when nothing more is owed, Partially Paid before.

    Raises Problem 409 `invoice_cancelled`, `invoice_paid`, `overpayment` (with the balance); 422
    for an amount finer than the currency.
    """
    if invoice.status == "Cancel":
        raise refused("invoice_cancelled", "The invoice is cancelled.")
    if invoice.balance <= 0:
        raise refused("invoice_paid", "Nothing is owed on the invoice.")
    if body.amount > invoice.balance:
        balance = f"{invoice.balance:f}"
        raise refused("overpayment", f"Only {balance} is owed.", balance=balance)
    amount = body.amount.quantize(documents.smallest_amount(invoice))
    if amount != body.amount:
        detail = f"{invoice.currency} has no amounts as fine as that"
        raise invalid([FieldError("/amount", "too_many_decimals", detail)])
    before = rendering.state(uow.of(INVOICE), invoice)
    receive(invoice, amount)
    fact = "paid" if invoice.status == "Paid" else "partially_paid"
    store.touch(uow, INVOICE, invoice, before, fact=fact)
    values = {
        "invoice_id": invoice.id,
        "account_id": invoice.account_id,
        "owner_id": invoice.owner_id,
        "amount": amount,
        "currency": invoice.currency,
        "paid_on": body.paid_on or uow.at.date(),
        "method": picklists.chosen(uow, PAYMENT, "method", body.method),
        "reference": body.reference,
        "description": body.description,
    }
    payment: Payment = store.insert(uow, PAYMENT, values, source="CRM")
    return payment


def receive(invoice: Invoice, amount: Decimal) -> None:
    """Count `amount`, negative when it is taken back, towards the invoice."""
    invoice.received += amount
    invoice.balance = totals.balance(invoice.total, invoice.received)
    if invoice.balance == 0:
        invoice.status = "Paid"
    else:
        invoice.status = "Partially Paid" if invoice.received else "Sent"
