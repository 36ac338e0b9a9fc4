"""Links between records made by hand, many to many (spec 1.29 NL-19): each side keeps its half.

The service that owns one record writes the link and tells it; the one that owns the other follows.
The youngest word about a link holds, so it does not matter in which order they are heard.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from contracts.events.base import Event
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.records.writing import telling
from crmkit.unit_of_work import UnitOfWork, new_id

record_link = Table(
    "record_link",
    KIT,
    Column("record_id", Uuid(as_uuid=False), primary_key=True),
    Column("other_id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("other_entity", Text, nullable=False),
    Column("role", Text),
    Column("linked", Boolean, nullable=False, comment="false: it was, and is no more"),
    Column("stamp", Uuid(as_uuid=False), nullable=False, comment="a UUIDv7; the youngest holds"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Uuid(as_uuid=False), nullable=False),
    Index("ix_record_link_other_id", "other_id", "entity", "record_id"),
)

MOST_AT_ONCE = 500
"""How many links one transaction makes or ends for a merge."""

Side = tuple[Entity, Mapping[str, Any]]
"""A record of this service, with its state."""


def linked_to(entity: Entity, ids: Any) -> Select[Any]:
    """SQL: the records of `entity` that are linked to one of `ids`."""
    columns = record_link.c
    return select(columns.record_id).where(
        columns.entity == entity.name, columns.other_id.in_(ids), columns.linked
    )


def about(entity: Entity, other_id: str, record_ids: Sequence[str]) -> Any:
    """SQL: role, instant and author of the links between one record and some of `entity`."""
    columns = record_link.c
    return select(columns.record_id, columns.role, columns.at, columns.by).where(
        columns.entity == entity.name,
        columns.other_id == other_id,
        columns.record_id.in_(record_ids),
        columns.linked,
    )


def put(
    uow: UnitOfWork, one: Side, other: tuple[str, str], role: str | None, *, linked: bool
) -> bool:
    """Link a record of this service with another one, or no more; whether that changed anything.

    `other` is the name of its entity and its id; if it is of this service too, its half follows
    at once.
    """
    said = {"other_entity": other[0], "other_id": other[1], "role": role, "linked": linked}
    row = _row(uow, one, said)
    if not _differs(uow, row):
        return False
    return bool(_put_all(uow, one, [row]))


def copy(
    uow: UnitOfWork, survivor: Side, losers: Sequence[str], after: str | None = None
) -> str | None:
    """Link a survivor with what its losers are linked with, as they are: role, instant, author.

    The losers keep their links, out of sight, for the day the merge is undone. `MOST_AT_ONCE` are
    made, in the order of the others' ids beyond `after`; the last of them if there may be more.
    """
    entity, record = survivor
    theirs, held = record_link.alias("theirs"), record_link.alias("held")
    has = (held.c.record_id == record["id"]) & (held.c.other_id == theirs.c.other_id)
    query = select(theirs).where(
        theirs.c.record_id.in_(losers),
        theirs.c.linked,
        theirs.c.other_entity.in_([each.target for each in entity.linked]),
        theirs.c.other_id.not_in([record["id"], *losers]),
        ~exists().where(has, held.c.linked),
    )
    if after is not None:
        query = query.where(theirs.c.other_id > after)
    order = (theirs.c.other_id, theirs.c.stamp)
    query = query.distinct(theirs.c.other_id).order_by(*order).limit(MOST_AT_ONCE)
    found = uow.session.execute(query).mappings().all()
    _put_all(uow, survivor, [_row(uow, survivor, {**each}) for each in found])
    return found[-1]["other_id"] if len(found) == MOST_AT_ONCE else None


def end_copies(uow: UnitOfWork, survivor: Side, losers: Sequence[str]) -> int:
    """Undo `copy` for up to `MOST_AT_ONCE` links that nobody has made anew since; how many."""
    theirs = record_link.alias("theirs")
    names = ("other_id", "at", "by", "linked")
    same = [record_link.c[name] == theirs.c[name] for name in names]
    return _end(uow, survivor, exists().where(theirs.c.record_id.in_(losers), *same))


def move(uow: UnitOfWork, source: Side, target: Side) -> None:
    """Link one record with what another one, of whichever entity, was linked with until now.

    What the one cannot be linked with the other keeps.
    """
    after = copy(uow, target, [source[1]["id"]])
    while after is not None:
        after = copy(uow, target, [source[1]["id"]], after)
    taken = record_link.c.other_entity.in_([each.target for each in target[0].linked])
    while _end(uow, source, taken) == MOST_AT_ONCE:
        pass


def _end(uow: UnitOfWork, one: Side, which: ColumnElement[bool]) -> int:
    """End up to `MOST_AT_ONCE` of one's links; how many."""
    query = select(record_link.c.other_entity, record_link.c.other_id).where(
        record_link.c.record_id == one[1]["id"], record_link.c.linked, which
    )
    found = uow.session.execute(query.limit(MOST_AT_ONCE)).mappings().all()
    ended = {"role": None, "linked": False}
    _put_all(uow, one, [_row(uow, one, {**each, **ended}) for each in found])
    return len(found)


def hear(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep this service's half of links that others made or ended, and forget purged records."""
    for event in events:
        if "link" in event.data:
            _mirror(uow.because_of(event), [event.data["link"]])
        elif event.type.endswith(".purged.v1"):
            gone = delete(record_link).where(record_link.c.other_id == event.subject)
            uow.session.execute(gone)


def _differs(uow: UnitOfWork, row: Mapping[str, Any]) -> bool:
    query = select(record_link.c.linked, record_link.c.role).where(
        record_link.c.record_id == row["record_id"], record_link.c.other_id == row["other_id"]
    )
    held = uow.session.execute(query).one_or_none()
    if held is None or not held.linked:
        return bool(row["linked"])
    return not row["linked"] or held.role != row["role"]


def _row(uow: UnitOfWork, one: Side, said: Mapping[str, Any]) -> dict[str, Any]:
    """One's half of a link, said now; `at` and `by` are now and the caller unless said."""
    entity, record = one
    mine = {"record_id": record["id"], "entity": entity.name, "stamp": new_id()}
    told = {str(name): value for name, value in said.items()}
    return {"at": uow.at, "by": uow.caller.user_id, **told, **mine}


def _put_all(uow: UnitOfWork, one: Side, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Store halves of one's links, tell them, and let the other halves follow; those stored."""
    stored = _apply(uow, rows)
    for row in stored:
        _tell(uow, *one, row)
    _mirror(uow, stored)
    return stored


def _apply(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Store these halves unless what is stored is as young; those that were stored."""
    if not rows:
        return []
    stored = insert(record_link).values(list(rows))
    names = ("role", "linked", "stamp", "at", "by")
    stored = stored.on_conflict_do_update(
        index_elements=["record_id", "other_id"],
        set_={name: stored.excluded[name] for name in names},
        where=record_link.c.stamp < stored.excluded.stamp,
    )
    returned = stored.returning(record_link.c.record_id, record_link.c.other_id)
    young = {tuple(key) for key in uow.session.execute(returned)}
    return [row for row in rows if (row["record_id"], row["other_id"]) in young]


def _mirror(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """The other halves of links to records of this service: stored, in history, and told."""
    for name in sorted({row["other_entity"] for row in rows} & uow.entities.keys()):
        entity = uow.entities[name]
        ours = {row["other_id"]: row for row in rows if row["other_entity"] == name}
        records = store.lock(uow, entity, ours)
        for half in _apply(uow, [_turned(row) for key, row in ours.items() if key in records]):
            record = records[half["record_id"]]
            deleted = record.deleted_at is not None
            _tell(uow, entity, rendering.state(entity, record), half, deleted=deleted)


def _turned(row: Mapping[str, Any]) -> dict[str, Any]:
    """A link as its other side sees it."""
    return {
        **row,
        "record_id": row["other_id"],
        "other_id": row["record_id"],
        "entity": row["other_entity"],
        "other_entity": row["entity"],
    }


def _tell(
    uow: UnitOfWork,
    entity: Entity,
    record: Mapping[str, Any],
    row: Mapping[str, Any],
    *,
    deleted: bool = False,
) -> None:
    other = {"entity": row["other_entity"], "id": row["other_id"], "role": row["role"]}
    change = (None, other) if row["linked"] else (other, None)
    fact = "linked" if row["linked"] else "unlinked"
    changes = {"links": change}
    telling.remark(uow, entity, fact, record, changes, deleted=deleted, link=dict(row))


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """The links of records that are gone for good, both halves."""
    del entity
    gone: ColumnElement[bool] = or_(
        record_link.c.record_id.in_(ids), record_link.c.other_id.in_(ids)
    )
    uow.session.execute(delete(record_link).where(gone))
