"""Documents with prices (quote, order, invoice and their kin): shared columns and their totals."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, invalid
from crmkit import fields as f
from crmkit import totals
from crmkit.entity import Snapshot
from crmkit.record import Line, Owned
from crmkit.records import currencies
from crmkit.unit_of_work import UnitOfWork

Percentage = Annotated[Decimal, Constraint(ge=0, le=100, max_digits=9, decimal_places=4)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Amount = Annotated[Decimal, Constraint(max_digits=19, decimal_places=4, allow_inf_nan=False)]


class TaxInput(BaseModel):
    """One named tax as a percentage; `compound_on` names the taxes it is raised on too."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    rate: Percentage
    method: Literal["simple", "compound", "deducted"] = "simple"
    compound_on: Annotated[list[Name], Constraint(max_length=20)] = []


class ChargeInput(BaseModel):
    """Shipping, handling and the like: a flat amount or a percentage of the discounted items."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    kind: Literal["flat", "percent"] = "flat"
    value: Amount
    taxes: Annotated[list[TaxInput], Constraint(max_length=20)] = []


Taxes = Annotated[list[TaxInput], Constraint(max_length=20)]
Charges = Annotated[list[ChargeInput], Constraint(max_length=20)]

ADDRESS = ("street", "po_box", "city", "state", "code", "country")


RETAINED_FOR = "Commercial and tax law have documents of trade kept for years"

RETAINED: Mapping[str, str] = {
    f"{side}_{part}": f"{RETAINED_FOR}, {why}"
    for side, why in (
        ("billing", "with the address that they were made out to (2006/112/EC, article 226(5))."),
        ("shipping", "with the place that goods went to, which decides the tax (article 31 ff.)."),
    )
    for part in ADDRESS
}
"""Personal fields that an erasure leaves in them, and why; what was said besides goes."""


class Addressed:
    """Billing and shipping address (spec 1.5, 1.9)."""

    billing_street: Mapped[str | None] = f.text(personal=True)
    billing_po_box: Mapped[str | None] = f.text(length=60, personal=True)
    billing_city: Mapped[str | None] = f.text(length=120, personal=True)
    billing_state: Mapped[str | None] = f.text(length=120, personal=True)
    billing_code: Mapped[str | None] = f.text(length=30, personal=True)
    billing_country: Mapped[str | None] = f.text(length=120, personal=True)
    shipping_street: Mapped[str | None] = f.text(personal=True)
    shipping_po_box: Mapped[str | None] = f.text(length=60, personal=True)
    shipping_city: Mapped[str | None] = f.text(length=120, personal=True)
    shipping_state: Mapped[str | None] = f.text(length=120, personal=True)
    shipping_code: Mapped[str | None] = f.text(length=30, personal=True)
    shipping_country: Mapped[str | None] = f.text(length=120, personal=True)


class Priced(Addressed, Owned):
    """The header of spec 1.9. Everything below `adjustment` is computed by the server."""

    subject: Mapped[str] = f.text(required=True)
    carrier: Mapped[str | None] = f.text(length=60)
    currency: Mapped[str | None] = f.text(length=3)
    conversion_rate: Mapped[Decimal | None] = f.decimal(scale=10, minimum=0)
    tax_type: Mapped[str] = f.picklist(("individual", "group"), default="group", fixed=True)
    discount_percent: Mapped[Decimal | None] = f.percent()
    discount_amount: Mapped[Decimal | None] = f.money()
    taxes: Mapped[list[Any]] = f.json(Taxes, default=[])
    charges: Mapped[list[Any]] = f.json(Charges, default=[])
    deducted_taxes: Mapped[list[Any]] = f.json(Taxes, default=[])
    adjustment: Mapped[Decimal] = f.money(signed=True, default=Decimal(0))
    terms: Mapped[str | None] = f.long_text()
    description: Mapped[str | None] = f.long_text(personal=True)
    sub_total: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    discount_total: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    charges_total: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    charge_taxes: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    pre_tax_total: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    tax_total: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    deducted_tax: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))
    total: Mapped[Decimal] = f.money(read_only=True, signed=True, default=Decimal(0))


class PricedLine(Line):
    """One thing at one price; everything below `purchase_cost` is computed by the server.

    What it is, the document's own line says: the kit knows no goods.
    """

    description: Mapped[str | None] = f.text(length=2000)
    quantity: Mapped[Decimal] = f.decimal(scale=4, minimum=0, required=True)
    list_price: Mapped[Decimal] = f.money(required=True)
    discount_percent: Mapped[Decimal | None] = f.percent()
    discount_amount: Mapped[Decimal | None] = f.money()
    taxes: Mapped[list[Any]] = f.json(Taxes, default=[])
    purchase_cost: Mapped[Decimal | None] = f.money()
    line_total: Mapped[Decimal] = f.money(read_only=True, signed=True)
    discount_total: Mapped[Decimal] = f.money(read_only=True, signed=True)
    after_discount: Mapped[Decimal] = f.money(read_only=True, signed=True)
    tax_total: Mapped[Decimal] = f.money(read_only=True, signed=True)
    line_net: Mapped[Decimal] = f.money(read_only=True, signed=True)
    margin: Mapped[Decimal | None] = f.money(read_only=True, signed=True)


def compute_totals(uow: UnitOfWork, document: Any, before: Snapshot) -> None:
    """Every total from what was typed, exactly as spec 1.9; what a client sends is never trusted.

    Raises Problem 422 that names every number that cannot be right.
    """
    if document.currency is not None and document.currency == before.get("currency"):
        known = currencies.resolve_any(uow.session, document.currency)
    else:
        known = currencies.resolve(uow.session, document.currency)
    document.currency = known.code
    if document.conversion_rate is None:
        document.conversion_rate = known.conversion_rate
    errors = list(_two_discounts(document))
    if errors:
        raise invalid(errors)
    try:
        result = totals.totals(_typed(document, known.decimals))
    except totals.DocumentError as error:
        raise invalid([_as_typed(document, fault) for fault in error.faults]) from None
    for line, figures in zip(document.lines, result.lines, strict=True):
        _set(line, "line_total", figures.line_total)
        _set(line, "discount_total", figures.discount)
        _set(line, "after_discount", figures.after_discount)
        _set(line, "tax_total", figures.tax_total)
        _set(line, "line_net", figures.line_net)
        _set(line, "margin", figures.margin)
    for name in ("sub_total", "charges_total", "charge_taxes", "pre_tax_total"):
        _set(document, name, getattr(result, name))
    for name in ("tax_total", "deducted_tax", "total"):
        _set(document, name, getattr(result, name))
    _set(document, "discount_total", result.discount)


def _set(target: Any, name: str, value: Decimal | None) -> None:
    if getattr(target, name) != value:
        setattr(target, name, value)


def _two_discounts(document: Any) -> list[FieldError]:
    places = [("", document)]
    places += [(f"/lines/{n}", line) for n, line in enumerate(document.lines)]
    return [
        FieldError(f"{at}/discount_amount", "two_discounts", "give a percentage or an amount")
        for at, holder in places
        if holder.discount_percent is not None and holder.discount_amount is not None
    ]


def _as_typed(document: Any, fault: FieldError) -> FieldError:
    """Point `fault` at the field the client knows instead of at the totals engine's own."""
    steps = fault.pointer.split("/")
    if steps[1] == "group_taxes":
        steps[1] = "taxes"
    elif steps[-2:] == ["discount", "value"]:
        holder = document.lines[int(steps[2])] if steps[1] == "lines" else document
        percent = holder.discount_percent is not None
        steps[-2:] = ["discount_percent" if percent else "discount_amount"]
    return FieldError("/".join(steps), fault.code, fault.detail)


def _typed(document: Any, decimals: int) -> totals.Document:
    return totals.Document(
        lines=tuple(
            totals.Line(
                quantity=line.quantity,
                list_price=line.list_price,
                discount=_discount(line),
                taxes=_taxes(line.taxes),
                purchase_cost=line.purchase_cost,
            )
            for line in document.lines
        ),
        tax_type=document.tax_type,
        decimals=decimals,
        discount=_discount(document),
        group_taxes=_taxes(document.taxes),
        charges=tuple(
            totals.Charge(c["name"], c["kind"], Decimal(c["value"]), _taxes(c["taxes"]))
            for c in document.charges
        ),
        deducted_taxes=_taxes(document.deducted_taxes),
        adjustment=document.adjustment,
    )


def _discount(holder: Any) -> totals.Discount:
    if holder.discount_percent is not None:
        return totals.Discount("percent", holder.discount_percent)
    if holder.discount_amount is not None:
        return totals.Discount("amount", holder.discount_amount)
    return totals.NO_DISCOUNT


def _taxes(taxes: list[Any]) -> tuple[totals.Tax, ...]:
    return tuple(
        totals.Tax(t["name"], Decimal(t["rate"]), t["method"], tuple(t["compound_on"]))
        for t in taxes
    )
