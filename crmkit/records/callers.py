"""Callers: from a person's row to who asks, with their calendar and rights, kept in memory."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from contracts.caller import Calendar, Caller
from crmkit.records.principals import organisation, principal, role
from crmkit.records.rights import assembling, tables

_FIND = (
    select(
        principal,
        role.c.path,
        select(organisation.c.fiscal_month).limit(1).scalar_subquery().label("fiscal_month"),
        tables.VERSION.label("rights_version"),
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
    if row is None or not row.active:
        return None
    return caller_from(session, row, request_id="", traceparent="")


class CallerCache:
    """The rows of persons by their ids, each good for the version of rights it was read at."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._rows: dict[str, tuple[int, Any]] = {}

    def find(self, session: Session, user_id: str, version: int) -> Any:
        """As `find`, from memory if nobody's rights have changed; absence is never remembered."""
        held = self._rows.get(user_id)
        if held is not None and held[0] == version:
            return held[1]
        row = find(session, user_id)
        if row is not None:
            if len(self._rows) >= self._size:
                self._rows.clear()
            self._rows[user_id] = (version, row)
        return row


def caller_from(session: Session, row: Any, *, request_id: str, traceparent: str) -> Caller:
    """The caller that this row stands for, with the rights that it was read with."""
    calendar = Calendar(row.time_zone, row.first_weekday, row.fiscal_month or 1)
    return Caller(
        row.user_id,
        row.username,
        row.is_admin,
        row.path or "",
        request_id,
        traceparent,
        calendar,
        rights=assembling.rights_of(session, row.user_id, row.role_id, row.rights_version),
    )
