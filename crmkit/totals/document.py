"""What a person types into a quote, order or invoice: lines, discounts, taxes and charges.

Amounts are in the document's currency, percentages are written as people say them (12.5 is
12.5 %), and every number is a Decimal: a float is refused.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from crmkit.totals.money import ZERO

DiscountKind = Literal["none", "percent", "amount"]
TaxMethod = Literal["simple", "compound", "deducted"]
ChargeKind = Literal["flat", "percent"]
TaxType = Literal["individual", "group"]


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage (0 to 100), or an amount up to what it is taken off.

    An amount is typed without a sign also when the goods come back: it takes the sign of what it
    is taken off, so that a credit is the exact mirror of its sale.
    """

    kind: DiscountKind
    value: Decimal


NO_DISCOUNT = Discount("none", ZERO)


@dataclass(frozen=True, slots=True)
class Tax:
    """A named tax at `rate` percent (0 to 100).

    A `compound` tax is raised on the base plus the amounts of the taxes it names in
    `compound_on`, which stand in the same set and may be compound themselves. A `deducted` tax is
    withheld by the customer and stands only in `Document.deducted_taxes`.
    """

    name: str
    rate: Decimal
    method: TaxMethod = "simple"
    compound_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """Shipping, handling and the like: flat, or a percentage (0 to 100) of the discounted items.

    A flat charge may be negative: freight that is paid back with returned goods.
    """

    name: str
    kind: ChargeKind
    value: Decimal
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one product or service at one price.

    A negative quantity is a return: every figure of the line is the exact negative of the sale's.
    Which documents take returns is for those documents to say. `list_price` and `purchase_cost`
    are per unit and never negative; a cost of None is not known, and then neither is the margin.
    `taxes` count only in a document of tax type `individual`.
    """

    quantity: Decimal
    list_price: Decimal
    discount: Discount = NO_DISCOUNT
    taxes: tuple[Tax, ...] = ()
    purchase_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A quote, sales order, invoice or purchase order as far as its money goes.

    `decimals` (0 to 3) are those of the document's currency. `tax_type` says whether each line
    carries its own taxes or `group_taxes` are raised on the whole; the set not chosen is checked
    like the other but not counted, so that a user may switch to and fro. `adjustment` is added to
    the total as it stands, with its sign.
    """

    lines: tuple[Line, ...]
    tax_type: TaxType
    decimals: int
    discount: Discount = NO_DISCOUNT
    group_taxes: tuple[Tax, ...] = ()
    charges: tuple[Charge, ...] = ()
    deducted_taxes: tuple[Tax, ...] = ()
    adjustment: Decimal = ZERO
