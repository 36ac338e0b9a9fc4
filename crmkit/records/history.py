"""Who changed what and when: one row for each write of a record, and the feed of changes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    any_,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from crmkit.about import OwnRecord
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.deduplication import merged
from crmkit.records.reading import places
from crmkit.records.reading.rendering import state_columns, state_from_row
from crmkit.records.writing import line_items
from crmkit.unit_of_work import UnitOfWork

history = Table(
    "history",
    KIT,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column(
        "xid", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")
    ),
    Column("entity", Text, nullable=False),
    Column("record_id", Uuid(as_uuid=False), nullable=False),
    Column("version", Integer, nullable=False),
    Column("fact", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_id", Uuid(as_uuid=False), nullable=False),
    Column("request_id", Text, nullable=False),
    Column("changes", JSONB, nullable=False),
    Index("ix_history_record_id_seq", "record_id", "seq"),
    Index("ix_history_entity_xid_seq", "entity", "xid", "seq"),
)


class Change(BaseModel):
    """One field's values before and after."""

    field: str
    old: Any
    new: Any


class Write(BaseModel):
    """One write of a record, or of one that was merged into it."""

    record_id: str
    at: datetime
    fact: str
    version: int
    actor_id: str
    request_id: str
    changes: list[Change]


class History(BaseModel):
    """The writes of one record, newest first."""

    items: list[Write]
    next_cursor: str | None


class ChangedRecord(BaseModel):
    """A record as it stands, or that it was deleted."""

    id: str
    deleted: bool
    version: int
    record: OwnRecord | SkipJsonSchema[None] = None


class Changes(BaseModel):
    """A part of the feed; `more` says that the next part can be had at once."""

    items: list[ChangedRecord]
    next_cursor: str
    more: bool


def of_record(
    uow: UnitOfWork,
    subject: str,
    record_id: str,
    *,
    limit: int,
    cursor: str | None,
    hidden: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The writes of a record, newest first, as `History`; `subject` is the entity's name.

    Of `hidden` fields nothing is told.
    Those of what was merged into it are among them. Raises Problem 400 for another list's cursor.
    """
    if cursor is not None and not cursor.isdecimal():
        raise places.unreadable()
    columns = history.c
    record_ids = select(literal(record_id, columns.record_id.type)).union_all(
        merged.gone_into([record_id])
    )
    query = (
        select(
            columns.seq,
            columns.record_id,
            columns.at,
            columns.fact,
            columns.version,
            columns.actor_id,
            columns.request_id,
            columns.changes,
        )
        .where(
            columns.entity == subject,
            columns.record_id == any_(func.array(record_ids.scalar_subquery())),
        )
        .order_by(columns.seq.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(columns.seq < int(cursor))
    rows = uow.session.execute(query).all()
    page = [
        {
            "record_id": row.record_id,
            "at": row.at,
            "fact": row.fact,
            "version": row.version,
            "actor_id": row.actor_id,
            "request_id": row.request_id,
            "changes": list(_told(row.changes, hidden)),
        }
        for row in rows[:limit]
    ]
    more = len(rows) > limit
    return {"items": page, "next_cursor": str(rows[limit - 1].seq) if more else None}


def _told(changes: Mapping[str, Any], hidden: frozenset[str]) -> Iterator[dict[str, Any]]:
    for name, (old, new) in changes.items():
        if name in hidden:
            continue
        if name == "lines" and hidden:
            old, new = line_items.seen(old, new, hidden)  # noqa: PLW2901 - what is left of them
            if not (old or new):
                continue
        yield {"field": name, "old": old, "new": new}


def forget(uow: UnitOfWork, _entity: Entity, record_ids: Sequence[str]) -> None:
    """Nobody has ever written these records."""
    uow.session.execute(delete(history).where(history.c.record_id.in_(record_ids)))


def changes(
    uow: UnitOfWork, entity: Entity, *, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str, bool]:
    """Records written since `cursor`, deletions included; the next cursor; whether more waits.

    Rows are ordered by transaction and read only below the oldest running transaction, since
    sequence numbers commit out of order and a plain "after seq" cursor would lose late ones. Each
    comes with its state of now, so one may come again, unchanged, on a later page. One that was
    handed to an owner whose records the caller does not see, taken from below a record by way of
    which it was seen, or purged, comes as deleted; one that goes out of sight because roles, rights
    or what it lies below change does not. Raises Problem 403.
    """
    access.require(entity, uow.caller, "view")
    xid, seq = _decode(cursor)
    safe = text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    columns = history.c
    page = (
        select(
            columns.xid,
            columns.seq,
            columns.record_id,
            columns.version,
            _was_seen(uow, entity).label("was_seen"),
        )
        .where(
            columns.entity == entity.name,
            tuple_(columns.xid, columns.seq) > tuple_(xid, seq),
            columns.xid < safe,
        )
        .order_by(columns.xid, columns.seq)
        .limit(limit + 1)
    )
    rows = uow.session.execute(page).all()
    more = len(rows) > limit
    rows = rows[:limit]
    if not rows:
        return [], cursor or places.written(xid, seq), False
    entity = uow.shown(entity)
    latest = {row.record_id: row for row in rows}
    lost = {row.record_id for row in rows if row.was_seen}
    table = entity.model.__table__
    states = {
        row.id: row
        for row in uow.session.execute(
            select(*state_columns(entity), table.c.deleted_at).where(
                table.c.id.in_(list(latest)), access.visible(entity, uow.caller)
            )
        )
    }
    answer: list[dict[str, Any]] = []
    for record_id, written in latest.items():
        row = states.get(record_id)
        if row is None:
            if record_id in lost:
                answer.append({"id": record_id, "deleted": True, "version": written.version})
            continue
        if row.deleted_at is not None:
            answer.append({"id": record_id, "deleted": True, "version": row.version})
        else:
            record = state_from_row(entity, row)
            answer.append(
                {"id": record_id, "deleted": False, "version": row.version, "record": record}
            )
    return answer, places.written(rows[-1].xid, rows[-1].seq), more


def _was_seen(uow: UnitOfWork, entity: Entity) -> ColumnElement[Any]:
    """Whether the caller saw the record until this write took it from its owner or its parent."""
    if not entity.owned:
        return literal(access.may_ever(entity, uow.caller, "view"))

    def was(name: str) -> ColumnElement[Any]:
        return cast(history.c.changes[name][0].astext, Uuid(as_uuid=False))

    seen = access.visible_of(entity.name, uow.caller, was("owner_id"), follows=entity.follows)
    of_owner = seen & was("owner_id").is_not(None)
    return or_(of_owner, access.visible_below(entity, uow.caller, was))


def _decode(cursor: str | None) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    try:
        xid, seq = places.read(cursor)
        return int(xid), int(seq)
    except (ValueError, TypeError):
        raise places.unreadable() from None
