"""The audit as administrators read it: the newest first, by act, actor, subject and time."""

from datetime import date, datetime
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import Select, select

from crmkit.fields import Field, Kind
from crmkit.records.auditing.chain import audit, audit_day, audit_personal
from crmkit.records.auditing.noting import note_apart
from crmkit.records.reading import places
from crmkit.records.writing import value_types
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork

MOST = 1_000
_EARLIEST = date(1, 1, 1)
_Instant = Annotated[AwareDatetime, AfterValidator(value_types.in_utc)]
"""In UTC: PostgreSQL refuses offsets of more than sixteen hours, which RFC 3339 allows."""


class AuditFilter(BaseModel):
    """Which rows of the audit."""

    model_config = ConfigDict(extra="forbid")

    act: str | SkipJsonSchema[None] = Constraint(
        default=None, description="What was done, such as `user.changed`."
    )
    actor_id: str | SkipJsonSchema[None] = Constraint(
        default=None, pattern=UUID_PATTERN, description="Who did it."
    )
    subject_type: str | SkipJsonSchema[None] = Constraint(
        default=None, description="To what kind of thing."
    )
    subject_id: str | SkipJsonSchema[None] = Constraint(
        default=None, description="To which one; its id."
    )
    since: _Instant | SkipJsonSchema[None] = Constraint(
        default=None, description="Not earlier than this instant (RFC 3339)."
    )
    until: _Instant | SkipJsonSchema[None] = Constraint(
        default=None, description="Earlier than this instant (RFC 3339)."
    )
    day: date | SkipJsonSchema[None] = Constraint(
        default=None, description="The day of the chain, in UTC."
    )
    seq: int | SkipJsonSchema[None] = Constraint(
        default=None, ge=1, le=2**31 - 1, description="The place within the day."
    )


class AuditQuery(AuditFilter):
    """Which rows of the audit, and which part of them."""

    limit: int = Constraint(default=25, ge=1, le=MOST, description="How many a page.")
    cursor: str | SkipJsonSchema[None] = Constraint(
        default=None, description="`next_cursor` of the page before."
    )


class Audited(BaseModel):
    """One row. `personal` is empty where there was nothing personal, or an erasure took it out."""

    day: date
    seq: int
    at: datetime
    actor_id: str
    request_id: str
    act: str
    subject_type: str
    subject_id: str | None
    details: dict[str, Any]
    personal: dict[str, Any] | None
    prev: str
    hash: str


class AuditPage(BaseModel):
    """Rows, the newest first."""

    items: list[Audited]
    next_cursor: str | None


class Head(BaseModel):
    """The last row of a day: kept elsewhere, it proves what the audit held until then."""

    day: date
    seq: int
    at: datetime
    hash: str


class HeadQuery(BaseModel):
    """Which heads."""

    after: date = Constraint(default=_EARLIEST, description="Only of later days.")
    limit: int = Constraint(default=400, ge=1, le=MOST, description="How many days.")


class Heads(BaseModel):
    """The heads of the days, the oldest first."""

    items: list[Head]


def page(uow: UnitOfWork, wanted: AuditQuery) -> AuditPage:
    """A page of it; that it was read is audited, too. Raises Problem 400."""
    asked = wanted.model_dump(mode="json", exclude_none=True, exclude={"limit"})
    note_apart(uow, "audit.read", details={"fields": sorted(asked)}, personal={"filter": asked})
    query = _filtered(wanted).order_by(audit.c.at.desc()).limit(wanted.limit + 1)
    if wanted.cursor:
        at, last = _place(wanted.cursor)
        # Rows of several services that share an instant are listed by the services' names.
        query = query.where(audit.c.at <= at if uow.service > last else audit.c.at < at)
    rows = uow.session.execute(query).all()
    items = [_shown(row) for row in rows[: wanted.limit]]
    more = len(rows) > wanted.limit
    return AuditPage(items=items, next_cursor=cursor(items[-1].at, uow.service) if more else None)


def heads(uow: UnitOfWork, wanted: HeadQuery) -> Heads:
    """The last row of each day."""
    query = select(audit_day).where(audit_day.c.day > wanted.after)
    rows = uow.session.execute(query.order_by(audit_day.c.day).limit(wanted.limit))
    return Heads(items=[Head(day=r.day, seq=r.seq, at=r.at, hash=r.hash.hex()) for r in rows])


def _filtered(wanted: AuditFilter) -> Select[Any]:
    query = select(audit, audit_personal.c.content).outerjoin(
        audit_personal,
        (audit_personal.c.day == audit.c.day) & (audit_personal.c.seq == audit.c.seq),
    )
    for name in ("act", "actor_id", "subject_type", "subject_id", "day", "seq"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(audit.c[name] == value)
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    return query


def _shown(row: Any) -> Audited:
    return Audited(
        day=row.day,
        seq=row.seq,
        at=row.at,
        actor_id=row.actor_id,
        request_id=row.request_id,
        act=row.act,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        details=orjson.loads(row.details),
        personal=None if row.content is None else orjson.loads(row.content),
        prev=row.prev.hex(),
        hash=row.hash.hex(),
    )


def cursor(at: datetime, service: str) -> str:
    """Where the next page begins; it means the same to every service."""
    return places.written(at.isoformat(), service)


def _place(given: str) -> tuple[datetime, str]:
    try:
        at, service = places.read(given)
        return value_types.adapter(Field(Kind.DATETIME)).validate_python(at), str(service)
    except (ValueError, TypeError):
        raise places.unreadable() from None
