"""Sales: what customers have ordered, from approved orders that nobody cancelled (spec 1.20)."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select

from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork
from services.reporting.actions import labels
from services.reporting.actions.money import BaseCurrency, base_currency
from services.reporting.summaries import SALES


class SalesQuery(BaseModel):
    """What a row of the report stands for."""

    model_config = ConfigDict(extra="forbid")

    group_by: Literal["month", "product", "account", "owner"] = "month"


class SalesFigures(BaseModel):
    """Orders, units ordered and shipped, and the lines' amounts after their discounts.

    Taxes, charges, adjustments and discounts on the whole document are not in `amount`.
    """

    orders: int
    units: Decimal
    shipped_units: Decimal
    amount: Decimal


class SalesRow(SalesFigures):
    """`key` is the month of the order date (`1997-03`) or an id; `label` what people call it."""

    key: str
    label: str


class SalesReport(BaseModel):
    """Amounts are in `currency`, the organisation's base currency.

    An order with several products is in the rows of each, and once in the totals.
    """

    group_by: str
    currency: str
    rows: list[SalesRow]
    totals: SalesFigures


def sales(uow: UnitOfWork, query: SalesQuery) -> SalesReport:
    """Orders of the owners the caller sees: months in their order, all else from the largest
    amount on. Raises Problem 503 before the base currency is known.
    """
    currency = base_currency(uow.session)
    columns = SALES.table.c
    # The rows and their totals come from one statement, so that they are of the same instant.
    found = uow.session.execute(
        select(
            columns.dimension,
            columns.key,
            *(func.sum(columns[name]).label(name) for name in SALES.figures),
        )
        .where(
            columns.dimension.in_({query.group_by, "owner"}),
            access.visible_of("sales_order", uow.caller, columns.owner_id),
        )
        .group_by(columns.dimension, columns.key)
        .having(func.sum(columns.orders) > 0)
    ).all()
    grouped = [row for row in found if row.dimension == query.group_by]
    names = _names(uow, query.group_by, [row.key for row in grouped])
    rows = [
        SalesRow(key=row.key, label=names.get(row.key, row.key), **_figures([row], currency))
        for row in grouped
    ]
    rows.sort(key=_in_time if query.group_by == "month" else _largest_first)
    by_owner = [row for row in found if row.dimension == "owner"]
    totals = SalesFigures(**_figures(by_owner, currency))
    return SalesReport(group_by=query.group_by, currency=currency.code, rows=rows, totals=totals)


def _names(uow: UnitOfWork, dimension: str, keys: list[str]) -> dict[str, str]:
    if dimension == "month":
        return {}
    if dimension == "owner":
        return labels.of_people(uow.session, keys)
    return labels.of_records(uow.session, dimension, keys)


def _figures(rows: list[Any], currency: BaseCurrency) -> dict[str, Any]:
    sums = {name: sum((getattr(row, name) for row in rows), Decimal(0)) for name in SALES.figures}
    sums["amount"] = currency.rounded(sums["amount"])
    return sums


def _in_time(row: SalesRow) -> Any:
    return row.key


def _largest_first(row: SalesRow) -> Any:
    return (-row.amount, row.label, row.key)
