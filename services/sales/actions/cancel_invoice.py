"""Cancelling an invoice: nothing is owed on it, and its order may be invoiced again."""

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities.invoice import INVOICE, Invoice, cancelled_invoice_is_read_only
from services.sales.entities.sales_order import SALES_ORDER, SalesOrder


def cancel_invoice(uow: UnitOfWork, invoice: Invoice) -> Invoice:
    """Cancel the invoice.

    Raises Problem 409 `invoice_cancelled`, or `invoice_has_payments` until they are cancelled.
    """
    before = rendering.state(uow.of(INVOICE), invoice)
    cancelled_invoice_is_read_only(invoice, before)
    if invoice.received:
        raise refused("invoice_has_payments", "Cancel the payments of the invoice first.")
    invoice.status = "Cancel"
    store.touch(uow, INVOICE, invoice, before, fact="cancelled")
    if invoice.sales_order_id is not None:
        _open_again(uow, invoice, invoice.sales_order_id)
    return invoice


def _open_again(uow: UnitOfWork, invoice: Invoice, order_id: str) -> None:
    order: SalesOrder = store.lock(uow, SALES_ORDER, [order_id])[order_id]
    before = rendering.state(uow.of(SALES_ORDER), order)
    lines = {line.id: line for line in order.lines}
    for line in invoice.lines:
        if line.order_line_id is not None:
            lines[line.order_line_id].invoiced_quantity -= line.quantity
    store.touch(uow, SALES_ORDER, order, before)
