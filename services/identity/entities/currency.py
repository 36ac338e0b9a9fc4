"""A currency: what documents may be priced in, and its rate to the organisation's base currency."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base

_CODE = re.compile(r"[A-Z]{3}")


class Currency(Record, Base):
    """`conversion_rate` is how much of this currency one unit of the base currency buys."""

    __tablename__ = "currency"

    code: Mapped[str] = f.text(length=3, required=True, unique=True)
    name: Mapped[str] = f.text(length=100, required=True)
    symbol: Mapped[str | None] = f.text(length=10)
    decimals: Mapped[int] = f.integer(maximum=3, default=2)
    conversion_rate: Mapped[Decimal] = f.decimal(scale=10, minimum=0, required=True)
    is_base: Mapped[bool] = f.boolean(read_only=True)
    active: Mapped[bool] = f.boolean(default=True)
    search: Mapped[Any] = f.search("code", "name")


Index(
    "ix_currency_one_base",
    Currency.is_base,
    unique=True,
    postgresql_where=Currency.is_base.is_(True),
)


def has_an_iso_code(currency: Currency, _: Snapshot) -> Iterator[FieldError]:
    """Three capital letters, as ISO 4217 has them."""
    if not _CODE.fullmatch(currency.code):
        yield FieldError("/code", "invalid", "is three capital letters (ISO 4217)")


def has_a_rate(currency: Currency, _: Snapshot) -> Iterator[FieldError]:
    """A rate is above zero; all others are measured against the base currency's rate of 1."""
    if currency.conversion_rate <= 0:
        yield FieldError("/conversion_rate", "out_of_range", "must be above 0")
    elif currency.is_base and currency.conversion_rate != 1:
        yield FieldError("/conversion_rate", "base_currency", "the base currency's rate is 1")


def the_base_stays_in_use(currency: Currency, _: Snapshot) -> Iterator[FieldError]:
    """The base currency is always active."""
    if currency.is_base and not currency.active:
        yield FieldError("/active", "base_currency", "the base currency is always in use")


def not_the_base(_: UnitOfWork, currency: Currency) -> None:
    """Refuse to delete the base currency."""
    if currency.is_base:
        raise refused("base_currency", "The base currency cannot be deleted.")


_IN_USE = (
    *("AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP"),
    *("CZK", "DKK", "EGP", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "JPY"),
    *("KES", "KRW", "KZT", "LKR", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD"),
    *("PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "SAR", "SEK", "SGD"),
    *("THB", "TND", "TRY", "TWD", "TZS", "UAH", "UYU", "UZS", "VND", "XOF"),
)

CURRENCY = Entity(
    model=Currency,
    name="currency",
    plural="currencies",
    title="Currency",
    label=("code",),
    access=Access.ADMIN_WRITES,
    rules=(has_an_iso_code, has_a_rate, the_base_stays_in_use),
    closed=frozenset({"merge", "purge"}),
    on_delete=(not_the_base,),
    essential=True,
    examples={"code": _IN_USE},
)
