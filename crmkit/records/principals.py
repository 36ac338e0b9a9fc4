"""The service's own copy of who exists: people, their place in the role tree, token keys, and by
which days they count.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from contracts.caller import Calendar, Caller
from contracts.events.base import Event
from crmkit.db import KIT
from crmkit.records import projection

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

principal = Table(
    "principal",
    KIT,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("username", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("email", Text),
    Column("role_id", Uuid(as_uuid=False), index=True),
    Column("is_admin", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column("first_weekday", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False),
)

role = Table(
    "role",
    KIT,
    Column("role_id", Uuid(as_uuid=False), primary_key=True),
    Column("path", Text, nullable=False, index=True),
    Column("version", Integer, nullable=False),
)

organisation = Table(
    "organisation_copy",
    KIT,
    Column("organisation_id", Uuid(as_uuid=False), primary_key=True),
    Column("fiscal_month", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

signing_key = Table(
    "signing_key",
    KIT,
    Column("key_id", Text, primary_key=True),
    Column("jwk", JSONB, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)


def apply_people(session: Session, events: Sequence[Event]) -> None:
    """Keep the copy of users, roles, signing keys and the organisation's fiscal year.

    Events of other things are passed over.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _COPIES}
    for event in events:
        subject = event.type.split(".")[2]
        if subject not in _COPIES:
            continue
        _, row_of = _COPIES[subject]
        row = row_of(event, event.data["record"], deleted=event.data["deleted"])
        rows[subject].append({**row, "version": event.version})
    for subject, (table, _) in _COPIES.items():
        projection.keep(session, table, rows[subject])


def _person(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    return {
        "user_id": event.subject,
        "username": record["username"],
        "display_name": record["display_name"],
        "email": record["email"],
        "role_id": record["role_id"],
        "is_admin": record["is_admin"],
        "active": record["active"] and not deleted,
        "time_zone": record["time_zone"],
        "first_weekday": weekday(record.get("first_day_of_week")),
    }


def weekday(name: str | None) -> int:
    """0 for Monday, which it also is for whoever has said nothing, to 6 for Sunday."""
    return WEEKDAYS.index(name) if name else 0


def _role(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    return {"role_id": event.subject, "path": "" if deleted else record["path"]}


def _organisation(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    month = 1 if deleted else record["fiscal_year_start_month"]
    return {"organisation_id": event.subject, "fiscal_month": month}


def _key(_event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    retired = record["retired"] or deleted
    return {"key_id": record["kid"], "jwk": record["jwk"], "retired": retired}


_COPIES: Mapping[str, tuple[Table, Callable[..., dict[str, Any]]]] = {
    "user": (principal, _person),
    "role": (role, _role),
    "organisation": (organisation, _organisation),
    "signing_key": (signing_key, _key),
}


_FIND = (
    select(
        principal,
        role.c.path,
        select(organisation.c.fiscal_month).limit(1).scalar_subquery().label("fiscal_month"),
    )
    .join_from(principal, role, role.c.role_id == principal.c.role_id, isouter=True)
    .where(principal.c.user_id == bindparam("user_id"))
)


def find(session: Session, user_id: str) -> Any:
    """The person's row with the role's `path`, or None when this service has not heard of them."""
    return session.execute(_FIND, {"user_id": user_id}).one_or_none()


def as_caller(session: Session, user_id: str) -> Caller | None:
    """Somebody other than who asks, to see what they would see; None if they are not active."""
    row = find(session, user_id)
    return caller_from(row, request_id="", traceparent="") if row and row.active else None


class CallerCache:
    """Callers by user id for `seconds`, so that a change of rights takes effect within a second."""

    def __init__(self, seconds: float = 0.5, size: int = 10_000) -> None:
        self._seconds = seconds
        self._size = size
        self._rows: dict[str, tuple[float, Any]] = {}

    def find(self, session: Session, user_id: str) -> Any:
        """As `find`, from memory when it was read a moment ago; absence is never remembered."""
        now = time.monotonic()
        held = self._rows.get(user_id)
        if held is not None and held[0] > now:
            return held[1]
        row = find(session, user_id)
        if row is not None:
            if len(self._rows) >= self._size:
                self._rows.clear()
            self._rows[user_id] = (now + self._seconds, row)
        return row


def caller_from(row: Any, *, request_id: str, traceparent: str) -> Caller:
    """The caller that this row stands for."""
    calendar = Calendar(row.time_zone, row.first_weekday, row.fiscal_month or 1)
    return Caller(
        row.user_id,
        row.username,
        row.is_admin,
        row.path or "",
        request_id,
        traceparent,
        calendar,
    )


def verification_keys(session: Session) -> list[dict[str, Any]]:
    """The public keys (RFC 7517) that access tokens may be signed with now."""
    query = select(signing_key.c.jwk).where(signing_key.c.retired.is_(False))
    return [dict(jwk) for jwk in session.scalars(query)]
