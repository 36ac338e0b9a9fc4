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
    entity, record = one
    row = {
        "record_id": record["id"],
        "other_id": other[1],
        "entity": entity.name,
        "other_entity": other[0],
        "role": role,
        "linked": linked,
        "stamp": new_id(),
        "at": uow.at,
        "by": uow.caller.user_id,
    }
    if not _differs(uow, row) or not _apply(uow, row):
        return False
    _tell(uow, entity, record, row)
    _mirror(uow, row)
    return True


def hear(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep this service's half of links that others made or ended, and forget purged records."""
    for event in events:
        if "link" in event.data:
            _mirror(uow.because_of(event), event.data["link"])
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


def _apply(uow: UnitOfWork, row: Mapping[str, Any]) -> bool:
    """Store it unless what is stored is as young; whether it was stored."""
    stored = insert(record_link).values(row)
    names = ("role", "linked", "stamp", "at", "by")
    stored = stored.on_conflict_do_update(
        index_elements=["record_id", "other_id"],
        set_={name: stored.excluded[name] for name in names},
        where=record_link.c.stamp < stored.excluded.stamp,
    )
    return uow.session.scalar(stored.returning(record_link.c.record_id)) is not None


def _mirror(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    """The other half of a link, if its record is of this service: stored, in history, and told."""
    entity = uow.entities.get(row["other_entity"])
    if entity is None:
        return
    record = store.lock(uow, entity, [row["other_id"]]).get(row["other_id"])
    half = {
        **row,
        "record_id": row["other_id"],
        "other_id": row["record_id"],
        "entity": row["other_entity"],
        "other_entity": row["entity"],
    }
    if record is not None and _apply(uow, half):
        _tell(uow, entity, rendering.state(entity, record), half)


def _tell(
    uow: UnitOfWork, entity: Entity, record: Mapping[str, Any], row: Mapping[str, Any]
) -> None:
    other = {"entity": row["other_entity"], "id": row["other_id"], "role": row["role"]}
    change = (None, other) if row["linked"] else (other, None)
    fact = "linked" if row["linked"] else "unlinked"
    telling.remark(uow, entity, fact, record, {"links": change}, link=dict(row))


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """The links of records that are gone for good, both halves."""
    del entity
    gone: ColumnElement[bool] = or_(
        record_link.c.record_id.in_(ids), record_link.c.other_id.in_(ids)
    )
    uow.session.execute(delete(record_link).where(gone))
