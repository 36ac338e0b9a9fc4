"""Invoicing a sales order, whole or in part; the parts add up to what was agreed for the whole.

Percentages hold for a part as for the whole. A flat amount (discount, charge, adjustment) is
divided by the value of the goods, and the last invoice takes what is left of it.
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from contracts.errors import refused
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.actions.inputs import Parts, parts_of
from services.sales.entities import documents
from services.sales.entities.invoice import INVOICE, Invoice
from services.sales.entities.sales_order import (
    BINDING,
    SALES_ORDER,
    SalesOrder,
    SalesOrderLine,
    cancelled_order_is_read_only,
)

_ZERO = Decimal(0)


class InvoiceOrder(BaseModel):
    """Without `lines` everything not invoiced yet is; dates default to today and to the order's."""

    model_config = ConfigDict(extra="forbid")
    lines: Parts | None = None
    invoice_date: date | None = None
    due_date: date | None = None


def left_to_invoice(line: SalesOrderLine) -> Decimal:
    """What of the line is on no invoice yet."""
    return line.quantity - line.invoiced_quantity


def invoice_order(uow: UnitOfWork, order: SalesOrder, body: InvoiceOrder) -> Invoice:
    """The invoice for these parts of the order.

    Raises Problem 409 `order_not_approved`, `order_cancelled`, `nothing_to_invoice`; 422 that
    names every line of which less is left than asked for.
    """
    before = rendering.state(uow.of(SALES_ORDER), order)
    cancelled_order_is_read_only(order, before)
    if order.status not in BINDING:
        raise refused("order_not_approved", "The order has not been approved.")
    parts = parts_of(order, body.lines, left_to_invoice)
    if not parts:
        raise refused("nothing_to_invoice", "Nothing of the order is left to invoice.")
    earlier = _earlier(uow, order)
    for line, quantity in parts:
        line.invoiced_quantity += quantity
    store.touch(uow, SALES_ORDER, order, before, fact="invoiced")
    values = documents.header(order, SALES_ORDER, INVOICE) | _flat_amounts(order, parts, earlier)
    values |= {
        "sales_order_id": order.id,
        "quote_id": order.quote_id,
        "invoice_date": body.invoice_date,
        "due_date": body.due_date or order.due_date,
        "lines": [_line(order, line, quantity, earlier) for line, quantity in parts],
    }
    invoice: Invoice = store.insert(uow, INVOICE, values, source="CRM")
    return invoice


def _earlier(uow: UnitOfWork, order: SalesOrder) -> Sequence[Invoice]:
    """The standing invoices of the order; asked for only if there are any."""
    if not any(line.invoiced_quantity for line in order.lines):
        return ()
    standing = select(Invoice).where(
        Invoice.sales_order_id == order.id, Invoice.status != "Cancel", Invoice.deleted_at.is_(None)
    )
    return uow.session.scalars(standing).all()


def _flat_amounts(
    order: SalesOrder,
    parts: Sequence[tuple[SalesOrderLine, Decimal]],
    earlier: Sequence[Invoice],
) -> dict[str, Any]:
    """The header's flat amounts as far as they fall on these parts."""
    last = all(left_to_invoice(line) <= 0 for line in order.lines)
    whole = sum((line.after_discount for line in order.lines), _ZERO)
    value = sum((_value(line, quantity) for line, quantity in parts), _ZERO)
    share = value / whole if whole else _ZERO
    unit = documents.smallest_amount(order)

    def fall(amount: Decimal, taken: Decimal) -> Decimal:
        return amount - taken if last else (amount * share).quantize(unit, ROUND_HALF_UP)

    flat: dict[str, Any] = {
        "adjustment": fall(order.adjustment, sum((i.adjustment for i in earlier), _ZERO))
    }
    if order.discount_amount is not None:
        taken = sum((i.discount_amount or _ZERO for i in earlier), _ZERO)
        flat["discount_amount"] = max(fall(order.discount_amount, taken), _ZERO)
    charged: dict[str, Decimal] = {}
    for invoice in earlier:
        for charge in invoice.charges:
            if charge["kind"] == "flat":
                name = charge["name"]
                charged[name] = charged.get(name, _ZERO) + Decimal(charge["value"])
    flat["charges"] = [
        charge
        if charge["kind"] == "percent"
        else charge
        | {"value": f"{fall(Decimal(charge['value']), charged.pop(charge['name'], _ZERO)):f}"}
        for charge in order.charges
    ]
    return flat


def _value(line: SalesOrderLine, quantity: Decimal) -> Decimal:
    return line.after_discount * quantity / line.quantity


def _line(
    order: SalesOrder, line: SalesOrderLine, quantity: Decimal, earlier: Sequence[Invoice]
) -> dict[str, Any]:
    values = documents.line(line, SALES_ORDER, INVOICE)
    values |= {"order_line_id": line.id, "quantity": quantity}
    if line.discount_amount is not None:
        if left_to_invoice(line) <= 0:
            taken = sum(
                (
                    held.discount_amount or _ZERO
                    for invoice in earlier
                    for held in invoice.lines
                    if held.order_line_id == line.id
                ),
                _ZERO,
            )
            values["discount_amount"] = max(line.discount_amount - taken, _ZERO)
        else:
            part = line.discount_amount * quantity / line.quantity
            unit = documents.smallest_amount(order)
            values["discount_amount"] = part.quantize(unit, ROUND_HALF_UP)
    return values
