"""The service's own copy of the organisation's currencies, for documents with prices."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Numeric, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.errors import FieldError, Problem, invalid, unavailable
from contracts.events.base import Event
from crmkit.db import KIT

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
    for event in events:
        record = event.data["record"]
        new = insert(currency).values(
            currency_id=event.subject,
            code=record["code"],
            decimals=record["decimals"],
            conversion_rate=Decimal(record["conversion_rate"]),
            is_base=record["is_base"],
            active=record["active"] and not event.data["deleted"],
            version=event.version,
        )
        changed = {c.name: new.excluded[c.name] for c in currency.c if c.name != "currency_id"}
        session.execute(
            new.on_conflict_do_update(
                index_elements=["currency_id"],
                set_=changed,
                where=currency.c.version < new.excluded.version,
            )
        )


def resolve(session: Session, code: str | None) -> Any:
    """The row of the currency `code`, or of the base currency for None.

    Raises Problem 422 for a currency the organisation does not use, 503 before any is known.
    """
    query = select(currency).where(currency.c.active)
    query = query.where(currency.c.is_base if code is None else currency.c.code == code)
    row = session.execute(query.limit(1)).one_or_none()
    if row is not None:
        return row
    if code is None:
        raise unavailable("The organisation's currencies have not arrived here yet.", retry_after=1)
    raise _unknown(code)


def resolve_any(session: Session, code: str) -> Any:
    """The row of `code` even when the organisation has stopped using it: old documents keep it."""
    rows = session.execute(
        select(currency).where(currency.c.code == code).order_by(currency.c.active.desc()).limit(1)
    )
    row = rows.one_or_none()
    if row is None:
        raise _unknown(code)
    return row


def _unknown(code: str) -> Problem:
    detail = f"{code} is not an active currency of the organisation"
    return invalid([FieldError("/currency", "unknown_currency", detail)])
