"""What a document prints: every amount a Decimal with exactly the decimals of its currency."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """What one named tax comes to."""

    name: str
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LineTotals:
    """One line; `taxes` is empty, and `line_net` untaxed, when the tax type is `group`.

    after_discount = line_total - discount; line_net = after_discount + tax_total;
    margin = after_discount - the line's purchase cost, or None where the cost is not known.
    """

    line_total: Decimal
    discount: Decimal
    after_discount: Decimal
    taxes: tuple[TaxAmount, ...]
    tax_total: Decimal
    line_net: Decimal
    margin: Decimal | None


@dataclass(frozen=True, slots=True)
class ChargeTotals:
    """What one charge comes to, and the taxes on it."""

    name: str
    amount: Decimal
    taxes: tuple[TaxAmount, ...]
    tax_total: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole document, in the order of spec 1.9.

    `sub_total` contains the lines' taxes when the tax type is `individual`; `tax_total` is the
    group taxes or the lines' taxes, whichever the tax type counts, so that under both
    total = pre_tax_total + tax_total + charge_taxes - deducted_tax + adjustment.
    """

    lines: tuple[LineTotals, ...]
    sub_total: Decimal
    discount: Decimal
    charges: tuple[ChargeTotals, ...]
    charges_total: Decimal
    charge_taxes: Decimal
    pre_tax_total: Decimal
    group_taxes: tuple[TaxAmount, ...]
    tax_total: Decimal
    deducted_taxes: tuple[TaxAmount, ...]
    deducted_tax: Decimal
    adjustment: Decimal
    total: Decimal
