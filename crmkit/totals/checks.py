"""What is refused before anything is added up: every bad figure of a document, named at once."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import get_args

from contracts.errors import FieldError
from crmkit.totals.document import (
    ChargeKind,
    Discount,
    DiscountKind,
    Document,
    Tax,
    TaxMethod,
    TaxType,
)
from crmkit.totals.money import HUNDRED, UNITS, ZERO, rounding_to

# More than any price, quantity or sum in any currency, and few enough digits to stay exact.
LIMIT = Decimal(10) ** 15

TAX_TYPES: tuple[str, ...] = get_args(TaxType)
TAX_METHODS: tuple[str, ...] = get_args(TaxMethod)
DISCOUNT_KINDS: tuple[str, ...] = get_args(DiscountKind)
CHARGE_KINDS: tuple[str, ...] = get_args(ChargeKind)


class DocumentError(ValueError):
    """A document that cannot be added up, with everything that is wrong with it.

    Each of `faults` has a `pointer` into the Document (RFC 6901: "/lines/0/discount/value"), a
    stable `code` and, for people, a sentence. The codes: not_a_decimal, out_of_range,
    not_a_choice, unexpected_value, discount_above_total, duplicate_tax, misplaced_tax,
    unknown_tax, tax_cycle, compound_on_missing.
    """

    def __init__(self, faults: Sequence[FieldError]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in self.faults))


def of_lines(document: Document) -> list[FieldError]:
    """Return the faults of everything that steps 1 and 2 of spec 1.9 read."""
    faults = _Faults()
    if type(document.decimals) is not int or not 0 <= document.decimals < len(UNITS):
        faults.add(("decimals",), "out_of_range", f"{document.decimals!r} is not 0, 1, 2 or 3.")
        money = None
    else:
        money = rounding_to(document.decimals)
    faults.choice(document.tax_type, TAX_TYPES, "tax_type")

    for index, line in enumerate(document.lines):
        path = ("lines", index)
        countable = faults.number(line.quantity, -LIMIT, LIMIT, *path, "quantity")
        priced = faults.number(line.list_price, ZERO, LIMIT, *path, "list_price")
        whole = money(line.quantity * line.list_price) if money and countable and priced else None
        faults.discount(line.discount, whole, *path)
        faults.taxes(line.taxes, *path, "taxes")
        if line.purchase_cost is not None:
            faults.number(line.purchase_cost, ZERO, LIMIT, *path, "purchase_cost")
    return faults


def of_header(document: Document, sub_total: Decimal | None) -> list[FieldError]:
    """Return the faults of what steps 3 to 7 of spec 1.9 read.

    `sub_total` is None where the lines are faulty: there is nothing then to hold the document's
    discount against.
    """
    faults = _Faults()
    faults.discount(document.discount, sub_total)
    faults.taxes(document.group_taxes, "group_taxes")
    for index, charge in enumerate(document.charges):
        path = ("charges", index)
        faults.choice(charge.kind, CHARGE_KINDS, *path, "kind")
        low, high = (ZERO, HUNDRED) if charge.kind == "percent" else (-LIMIT, LIMIT)
        faults.number(charge.value, low, high, *path, "value")
        faults.taxes(charge.taxes, *path, "taxes")
    faults.taxes(document.deducted_taxes, "deducted_taxes", deducted=True)
    faults.number(document.adjustment, -LIMIT, LIMIT, "adjustment")
    return faults


class _Faults(list[FieldError]):
    """A list that grows by checking; a path is spelled out only where there is a fault."""

    def add(self, path: Iterable[str | int], code: str, detail: str) -> None:
        self.append(FieldError("".join([f"/{step}" for step in path]), code, detail))

    def number(self, value: Decimal, low: Decimal, high: Decimal, *path: str | int) -> bool:
        """Whether `value` is a finite Decimal from `low` to `high`."""
        if not isinstance(value, Decimal) or not value.is_finite():
            self.add(path, "not_a_decimal", f"{value!r} is not a finite Decimal.")
            return False
        if not low <= value <= high:
            self.add(path, "out_of_range", f"{value} is not from {low:f} to {high:f}.")
            return False
        return True

    def choice(self, value: str, choices: tuple[str, ...], *path: str | int) -> bool:
        """Whether `value` is one of `choices`."""
        if value not in choices:
            self.add(path, "not_a_choice", f"{value!r} is none of {', '.join(choices)}.")
            return False
        return True

    def discount(self, discount: Discount, whole: Decimal | None, *owner: str | int) -> None:
        """Check a discount on `whole` (None where that is not known) of the line or document."""
        path = (*owner, "discount", "value")
        self.choice(discount.kind, DISCOUNT_KINDS, *owner, "discount", "kind")
        high = HUNDRED if discount.kind == "percent" else LIMIT
        if not self.number(discount.value, ZERO, high, *path):
            return
        if discount.kind == "none" and discount.value:
            self.add(path, "unexpected_value", "There is a value but no kind of discount.")
        if discount.kind == "amount" and whole is not None and discount.value > abs(whole):
            detail = f"{discount.value:f} is more than the {abs(whole):f} it is taken off."
            self.add(path, "discount_above_total", detail)

    def taxes(self, taxes: Sequence[Tax], *owner: str | int, deducted: bool = False) -> None:
        """Check one set of taxes: the withheld ones if `deducted`, else those that are raised."""
        named = {tax.name: tax for tax in taxes}
        for index, tax in enumerate(taxes):
            path = (*owner, index)
            self.number(tax.rate, ZERO, HUNDRED, *path, "rate")
            known = self.choice(tax.method, TAX_METHODS, *path, "method")
            if known and (tax.method == "deducted") is not deducted:
                detail = "A deducted tax stands among the deducted taxes, and no other tax does."
                self.add((*path, "method"), "misplaced_tax", detail)
            if tax.compound_on or tax.method == "compound":
                self._compound(tax, named, path)
            if tax.name in [earlier.name for earlier in taxes[:index]]:
                detail = f"There is already a tax named {tax.name!r}."
                self.add((*path, "name"), "duplicate_tax", detail)

    def _compound(self, tax: Tax, named: dict[str, Tax], owner: tuple[str | int, ...]) -> None:
        path = (*owner, "compound_on")
        if tax.method != "compound":
            self.add(path, "unexpected_value", f"{tax.name!r} is not a compound tax.")
        if not tax.compound_on:
            self.add(path, "compound_on_missing", f"{tax.name!r} names no tax to build on.")
        for index, name in enumerate(tax.compound_on):
            if name not in named:
                self.add((*path, index), "unknown_tax", f"There is no tax named {name!r} here.")
            if name in tax.compound_on[:index]:
                self.add((*path, index), "duplicate_tax", f"{name!r} is named twice.")
        if _builds_on_itself(tax, named):
            self.add(path, "tax_cycle", f"{tax.name!r} builds on itself.")


def _builds_on_itself(tax: Tax, named: dict[str, Tax]) -> bool:
    """Whether following `compound_on` from `tax` leads back to it."""
    seen: set[str] = set()
    ahead = list(tax.compound_on)
    while ahead:
        name = ahead.pop()
        if name == tax.name:
            return True
        if name in named and name not in seen:
            seen.add(name)
            ahead.extend(named[name].compound_on)
    return False
