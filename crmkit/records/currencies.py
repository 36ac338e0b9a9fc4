"""The service's own copy of the organisation's currencies, for documents with prices."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Numeric, Table, Text, Uuid, bindparam, select
from sqlalchemy.orm import Session

from contracts.errors import FieldError, Problem, invalid, unavailable
from contracts.events.base import Event
from crmkit.db import KIT
from crmkit.records import projection

currency = Table(
    "currency_copy",
    KIT,
    Column("currency_id", Uuid(as_uuid=False), primary_key=True),
    Column("code", Text, nullable=False, index=True),
    Column("decimals", Integer, nullable=False),
    Column("conversion_rate", Numeric, nullable=False),
    Column("is_base", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)


def apply_currencies(session: Session, events: Sequence[Event]) -> None:
    """Keep the copy; only newer versions are applied."""
    projection.keep(
        session,
        currency,
        [
            {
                "currency_id": event.subject,
                "code": event.data["record"]["code"],
                "decimals": event.data["record"]["decimals"],
                "conversion_rate": event.data["record"]["conversion_rate"],
                "is_base": event.data["record"]["is_base"],
                "active": event.data["record"]["active"] and not event.data["deleted"],
                "version": event.version,
            }
            for event in events
        ],
    )


_ACTIVE = select(currency).where(currency.c.active).limit(1)
_BASE = _ACTIVE.where(currency.c.is_base)
_BY_CODE = _ACTIVE.where(currency.c.code == bindparam("code"))
_EVER = (
    select(currency)
    .where(currency.c.code == bindparam("code"))
    .order_by(currency.c.active.desc())
    .limit(1)
)


def resolve(session: Session, code: str | None) -> Any:
    """The row of the currency `code`, or of the base currency for None.

    Raises Problem 422 for a currency the organisation does not use, 503 before any is known.
    """
    row = session.execute(_BASE if code is None else _BY_CODE, {"code": code}).one_or_none()
    if row is not None:
        return row
    if code is None:
        raise unavailable("The organisation's currencies have not arrived here yet.", retry_after=1)
    raise _unknown(code)


def resolve_any(session: Session, code: str) -> Any:
    """The row of `code` even when the organisation has stopped using it: old documents keep it."""
    row = session.execute(_EVER, {"code": code}).one_or_none()
    if row is None:
        raise _unknown(code)
    return row


def _unknown(code: str) -> Problem:
    detail = f"{code} is not an active currency of the organisation"
    return invalid([FieldError("/currency", "unknown_currency", detail)])
