"""What one record adds to each summary: pure functions of its state."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.reporting.summaries import Contribution, Figures, Key

State = Mapping[str, Any]
"""A record as its events carry it: decimals as strings."""

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands for the owner of records that have none."""

DIMENSIONS = ("month", "product", "account", "owner")
_BINDING = frozenset({"Approved", "Partially Shipped", "Delivered"})
_ONE = Decimal(1)
_CONVERTED = Decimal("0.000001")
"""A division need not come out even; six decimals keep every sum of a million exact to a cent."""


def in_base_currency(amount: Decimal, conversion_rate: Decimal) -> Decimal:
    """`amount` of a currency of which `conversion_rate` units make one of the base currency."""
    if conversion_rate in {_ONE, 0}:
        return amount
    return (amount / conversion_rate).quantize(_CONVERTED, ROUND_HALF_UP)


def records(entity: str, state: State) -> Contribution:
    """One record, of its owner."""
    return {(entity, state.get("owner_id") or NOBODY): (_ONE,)}


def pipeline(entity: str, state: State) -> Contribution:
    """An opportunity that is still open (spec 1.8: won and lost ones are no pipeline)."""
    if entity != "opportunity" or state["stage_class"] != "open":
        return {}
    amount = Decimal(state["amount"] or 0)
    return {
        (state["stage"], state["owner_id"]): (_ONE, amount, Decimal(state["forecast_amount"] or 0))
    }


def sales(entity: str, state: State) -> Contribution:
    """An approved order's lines after their discounts, before taxes, charges and adjustment.

    An order counts once for each product on it, however many lines that product has.
    """
    if entity != "sales_order" or state["status"] not in _BINDING:
        return {}
    rate = Decimal(state["conversion_rate"] or 1)
    by_product: dict[str, Figures] = defaultdict(lambda: (_ONE, *[Decimal(0)] * 3))
    for line in state["lines"]:
        orders, units, shipped, amount = by_product[line["product_id"]]
        by_product[line["product_id"]] = (
            orders,
            units + Decimal(line["quantity"]),
            shipped + Decimal(line["shipped_quantity"]),
            amount + in_base_currency(Decimal(line["after_discount"]), rate),
        )
    sums = (sum((f[n] for f in by_product.values()), Decimal(0)) for n in (1, 2, 3))
    whole: Figures = (_ONE, *sums)
    owner = state["owner_id"]
    contribution: dict[Key, Figures] = {
        ("month", (state["order_date"] or state["created_at"])[:7], owner): whole,
        ("account", state["account_id"], owner): whole,
        ("owner", owner, owner): whole,
    }
    for product_id, figures in by_product.items():
        contribution["product", product_id, owner] = figures
    return contribution
