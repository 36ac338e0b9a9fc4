"""Sales: what customers have ordered, from approved orders that nobody cancelled (spec 1.20)."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from crmkit.unit_of_work import UnitOfWork
from services.reporting import contributions, seeing
from services.reporting.actions import field_rights, labels
from services.reporting.actions.money import BaseCurrency, base_currency
from services.reporting.summaries import SALES, Figures, summed_up

_ORDER = "sales_order"
_GROUPED_BY = {
    "month": "order_date",
    "product": "lines.product_id",
    "account": "account_id",
    "owner": "owner_id",
}
_RESTS_ON = {
    "units": "lines.quantity",
    "shipped_units": "lines.shipped_quantity",
    "amount": "lines.after_discount",
}
"""The field of orders that each figure adds up."""


class SalesQuery(BaseModel):
    """What a row of the report stands for."""

    model_config = ConfigDict(extra="forbid")

    group_by: Literal["month", "product", "account", "owner"] = "month"


class SalesFigures(BaseModel):
    """Orders, units ordered and shipped, and the lines' amounts after their discounts.

    Taxes, charges, adjustments and discounts on the whole document are not in `amount`. A figure is
    null if the caller's profile hides the field that it adds up.
    """

    orders: int
    units: Decimal | None
    shipped_units: Decimal | None
    amount: Decimal | None


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
    """Orders that the caller sees: months in their order, all else from the largest amount on.

    Raises Problem 403 if the caller's profile hides by what they are grouped, 503 before the base
    currency is known.
    """
    field_rights.require(uow, _ORDER, ("status", _GROUPED_BY[query.group_by]))
    shown = field_rights.shown(uow, _ORDER, _RESTS_ON)
    currency = base_currency(uow.session)
    # The rows and their totals come from one statement, so that they are of the same instant.
    dimensions = SALES.table.c.dimension.in_({query.group_by, "owner"})
    by = ["dimension", "key"]
    found = seeing.summed(uow, _ORDER, SALES, contributions.sales, by, dimensions)
    grouped = {key: figures for (of, key), figures in found.items() if of == query.group_by}
    names = _names(uow, query.group_by, list(grouped))
    rows = [
        SalesRow(key=key, label=names.get(key, key), **_figures([figures], currency, shown))
        for key, figures in grouped.items()
    ]
    rows.sort(key=_in_time if query.group_by == "month" else _largest_first)
    by_owner = [figures for (of, _), figures in found.items() if of == "owner"]
    totals = SalesFigures(**_figures(by_owner, currency, shown))
    return SalesReport(group_by=query.group_by, currency=currency.code, rows=rows, totals=totals)


def _names(uow: UnitOfWork, dimension: str, keys: list[str]) -> dict[str, str]:
    if dimension == "month":
        return {}
    if dimension == "owner":
        return labels.of_people(uow.session, keys)
    return labels.of_records(uow, dimension, keys)


def _figures(
    found: Iterable[Figures], currency: BaseCurrency, shown: Collection[str]
) -> dict[str, Any]:
    sums = dict(summed_up(SALES, found))
    sums["amount"] = currency.rounded(sums["amount"])
    return {n: one if n in shown or n not in _RESTS_ON else None for n, one in sums.items()}


def _in_time(row: SalesRow) -> Any:
    return row.key


def _largest_first(row: SalesRow) -> Any:
    return (-(row.amount or 0), row.label, row.key)
