"""Ordering what was quoted: an accepted quote becomes a sales order, or at once an invoice."""

from typing import Any

from sqlalchemy import select

from contracts.errors import FieldError, invalid, refused
from crmkit.entity import Entity
from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import documents
from services.sales.entities.invoice import INVOICE, Invoice
from services.sales.entities.quote import QUOTE, Quote
from services.sales.entities.sales_order import SALES_ORDER, SalesOrder


def quote_to_order(uow: UnitOfWork, quote: Quote) -> SalesOrder:
    """The sales order for all that was quoted.

    Raises Problem 409 `quote_not_accepted`, `quote_already_ordered`, `quote_already_invoiced`
    (cancelled ones do not count); 422 when the quote names no account.
    """
    order: SalesOrder = _become(uow, quote, SALES_ORDER)
    return order


def quote_to_invoice(uow: UnitOfWork, quote: Quote) -> Invoice:
    """The invoice for all that was quoted; raises the same as `quote_to_order`."""
    invoice: Invoice = _become(uow, quote, INVOICE)
    return invoice


def _become(uow: UnitOfWork, quote: Quote, target: Entity) -> Any:
    if quote.stage != "Accepted":
        raise refused("quote_not_accepted", "Only an accepted quote is ordered or invoiced.")
    if quote.account_id is None:
        raise invalid([FieldError("/account_id", "required", "the quote names no account")])
    _refuse_a_second(uow, quote)
    values = documents.header(quote, QUOTE, target)
    values["quote_id"] = quote.id
    values["lines"] = [documents.line(line, QUOTE, target) for line in quote.lines]
    return store.insert(uow, target, values, source="CRM")


def _refuse_a_second(uow: UnitOfWork, quote: Quote) -> None:
    """The quote's row is locked, so two requests for the same order cannot both pass here."""
    orders = select(SalesOrder.id).where(
        SalesOrder.quote_id == quote.id,
        SalesOrder.status != "Cancelled",
        SalesOrder.deleted_at.is_(None),
    )
    order_id = uow.session.scalar(orders.limit(1))
    if order_id is not None:
        raise refused("quote_already_ordered", "The quote is ordered.", sales_order_id=order_id)
    invoices = select(Invoice.id).where(
        Invoice.quote_id == quote.id, Invoice.status != "Cancel", Invoice.deleted_at.is_(None)
    )
    invoice_id = uow.session.scalar(invoices.limit(1))
    if invoice_id is not None:
        raise refused("quote_already_invoiced", "The quote is invoiced.", invoice_id=invoice_id)
