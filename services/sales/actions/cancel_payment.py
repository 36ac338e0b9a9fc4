"""Cancelling a payment: it bounced or was booked by mistake, and is owed again."""

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.actions.pay_invoice import receive
from services.sales.entities.invoice import INVOICE, Invoice
from services.sales.entities.payment import PAYMENT, Payment


def cancel_payment(uow: UnitOfWork, payment: Payment) -> Payment:
    """Take the payment off its invoice; raises Problem 409 `payment_cancelled` the second time."""
    if payment.status == "cancelled":
        raise refused("payment_cancelled", "The payment has been cancelled.")
    invoice: Invoice = store.lock(uow, INVOICE, [payment.invoice_id])[payment.invoice_id]
    before = rendering.state(uow.of(INVOICE), invoice)
    receive(invoice, -payment.amount)
    store.touch(uow, INVOICE, invoice, before)
    was = rendering.state(uow.of(PAYMENT), payment)
    payment.status = "cancelled"
    store.touch(uow, PAYMENT, payment, was, fact="cancelled")
    return payment
