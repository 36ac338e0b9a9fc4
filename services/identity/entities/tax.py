"""A tax that may be raised on, or withheld from, the documents of this organisation (spec 1.9)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field as Constraint
from pydantic import StringConstraints
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from services.identity.entities import Base

_HUNDRED = Decimal(100)
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Names = Annotated[list[_Name], Constraint(max_length=20)]


class Tax(Record, Base):
    """`rate` is in percent. A compound tax is raised on the taxes in `compound_on` too, by name."""

    __tablename__ = "tax"

    name: Mapped[str] = f.text(length=100, required=True, unique=True)
    label: Mapped[str | None] = f.text(length=100)
    rate: Mapped[Decimal] = f.decimal(scale=4, minimum=0, required=True)
    method: Mapped[str] = f.picklist(
        ("simple", "compound", "deducted"), default="simple", fixed=True
    )
    compound_on: Mapped[list[Any]] = f.json(_Names, default=[])
    active: Mapped[bool] = f.boolean(default=True)
    search: Mapped[Any] = f.search("name", "label")


def is_a_percentage(tax: Tax, _: Snapshot) -> Iterator[FieldError]:
    """From 0 to 100."""
    if tax.rate > _HUNDRED:
        yield FieldError("/rate", "out_of_range", "is a percentage from 0 to 100")


def builds_on_others_if_compound(tax: Tax, _: Snapshot) -> Iterator[FieldError]:
    """A compound tax names what it builds on, other than itself; no other tax names anything."""
    if tax.method == "compound" and not tax.compound_on:
        yield FieldError("/compound_on", "required", "a compound tax names the taxes it builds on")
    if tax.method != "compound" and tax.compound_on:
        yield FieldError("/compound_on", "unexpected_value", "only a compound tax builds on others")
    if tax.name in tax.compound_on:
        yield FieldError("/compound_on", "cycle", "a tax does not build on itself")


TAX = Entity(
    model=Tax,
    name="tax",
    plural="taxes",
    title="Tax",
    label=("name",),
    access=Access.ADMIN_WRITES,
    closed=frozenset({"merge"}),
    rules=(is_a_percentage, builds_on_others_if_compound),
    essential=True,
)
