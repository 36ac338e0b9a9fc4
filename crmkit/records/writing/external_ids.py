"""Records under the keys other systems know them by, so that an import repeated changes nothing."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, Table, Text, Uuid, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import Problem, not_found, refused
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records import access, store
from crmkit.records.writing import discretion, line_items
from crmkit.unit_of_work import UnitOfWork

external_id = Table(
    "external_id",
    KIT,
    Column("entity", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("record_id", Uuid(as_uuid=False), nullable=False),
    Index("ix_external_id_record_id", "record_id"),
)


class Outcome(StrEnum):
    """What an upsert did."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def find(uow: UnitOfWork, entity: Entity, source: str, key: str) -> str:
    """The id of the record; raises Problem 403, 404 when `source` has never sent `key`."""
    access.require(entity, uow.caller, "view")
    record_id: str | None = uow.session.scalar(_find(entity, source, key))
    if record_id is None:
        raise not_found()
    return record_id


def upsert(
    uow: UnitOfWork, entity: Entity, source: str, key: str, payload: Any
) -> tuple[Any, Outcome]:
    """Create the record, or set the fields sent on the one that `source` calls `key`.

    Two calls with the same key at once take turns. Raises what create and patch raise, and
    Problem 409 `record_deleted` when people have since put the record into the bin.
    """
    entity = uow.of(entity)
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"{entity.name}/{source}/{key}", 0))
    uow.session.execute(select(lock))
    record_id = uow.session.scalar(_find(entity, source, key))
    if record_id is None:
        record = store.create(uow, entity, payload, source="IMPORT")
        row = {"entity": entity.name, "source": source, "key": key, "record_id": record.id}
        uow.session.execute(insert(external_id).values(row))
        return record, Outcome.CREATED
    access.require(entity, uow.caller, "view")
    record = store.lock(uow, entity, [record_id])[record_id]
    if record.deleted_at is not None:
        raise refused("record_deleted", "The record is in the recycle bin.", record_id=record_id)
    try:
        values = store.accepted(uow, entity, payload, record)
    except Problem:
        # Who may not change it is told that, and not what is wrong with the change.
        store.fetch(uow, entity, record_id, "edit")
        raise
    if "lines" in values:
        values["lines"] = line_items.matched(record, values["lines"])
    if store.same(uow.shown(entity), record, values):
        return store.read(uow, entity, record_id), Outcome.UNCHANGED
    store.fetch(uow, entity, record_id, "edit")
    discretion.refuse_new_lines(uow, entity, values.get("lines") or ())
    with discretion.kept(uow, entity):
        return store.update(uow, entity, record, values), Outcome.CHANGED


def give(
    uow: UnitOfWork, entity: Entity, losers: Sequence[str], survivor_id: str
) -> list[dict[str, str]]:
    """Let other systems' keys of `losers` name the survivor; what is needed to give them back."""
    of_losers = external_id.c.record_id.in_(losers) & (external_id.c.entity == entity.name)
    given = [row._asdict() for row in uow.session.execute(select(external_id).where(of_losers))]
    uow.session.execute(update(external_id).where(of_losers).values(record_id=survivor_id))
    return [{str(name): value for name, value in row.items()} for row in given]


def give_back(
    uow: UnitOfWork, entity: Entity, given: Sequence[Mapping[str, str]], survivor_id: str
) -> None:
    """Undo `give`."""
    for row in given:
        same = _find(entity, row["source"], row["key"]).whereclause
        query = update(external_id).where(same, external_id.c.record_id == survivor_id)
        uow.session.execute(query.values(record_id=row["record_id"]))


def forget(uow: UnitOfWork, _entity: Entity, record_ids: Sequence[str]) -> None:
    """No other system's key names these records any more."""
    mine = external_id.c.record_id.in_(record_ids)
    uow.session.execute(delete(external_id).where(mine))


def _find(entity: Entity, source: str, key: str) -> Any:
    return select(external_id.c.record_id).where(
        external_id.c.entity == entity.name,
        external_id.c.source == source,
        external_id.c.key == key,
    )
