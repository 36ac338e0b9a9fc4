"""The recycle bin: what is deleted waits there, comes back as it was, or is purged for good."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import select

from contracts.errors import FieldError, invalid, not_found, refused
from crmkit.entity import Entity
from crmkit.fields import WhenDeleted
from crmkit.records import access, auditing, history, store
from crmkit.records.annotations import followers, recent, tags
from crmkit.records.annotations.comments import threads
from crmkit.records.background import job_rows, jobs, kept_files
from crmkit.records.deduplication import duplicates, merged, relinking
from crmkit.records.reading import rendering
from crmkit.records.relations import record_links, references
from crmkit.records.tailoring import unique
from crmkit.records.writing import discretion, external_ids, telling
from crmkit.unit_of_work import UnitOfWork

MOST_AT_ONCE = 200
"""How many records one transaction purges."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many records were purged, and the ids of those that others cannot do without."""

    count: int
    in_use: list[str]


FORGETTING: tuple[Callable[[UnitOfWork, Entity, Sequence[str]], None], ...] = (
    history.forget,
    external_ids.forget,
    references.forget,
    merged.forget,
    tags.forget,
    threads.forget,
    followers.forget,
    recent.forget,
    record_links.forget,
    job_rows.forget,
    kept_files.forget,
)
"""What each behaviour keeps of a record besides its row, and how it lets go of it."""


def delete(
    uow: UnitOfWork,
    entity: Entity,
    key: str,
    *,
    if_match: int | None = None,
    hands_over: bool = False,
) -> None:
    """Put the record into the bin; links to it are emptied and remembered, or stand against it.

    `hands_over` says that what it owns, if it owns records, goes to another.

    Raises Problem 403, 404, 405, 409 `record_in_use`, 412, 422 of what owns records, or what a
    guard of the entity raises.
    """
    entity = uow.of(entity)
    record = store.fetch(uow, entity, key, "delete", if_match=if_match)
    if entity.owns_records and not hands_over:
        raise invalid([FieldError("/transfer_to", "required", "say who gets the records")])
    for guard in entity.on_delete:
        guard(uow, record)
    put_away(uow, entity, record)


def put_away(uow: UnitOfWork, entity: Entity, record: Any) -> None:
    """The same, for the suite itself, of a locked record. Raises Problem 409 `record_in_use`."""
    held = references.within(uow, entity.name, WhenDeleted.REFUSE)
    references.refuse_if_held(uow, entity.name, record.id, held)
    record.deleted_at = uow.at
    tell(uow, entity, record, "deleted")
    relinking.move_all(uow, entity, {record.id: None}, WhenDeleted.CLEAR)


def restore(uow: UnitOfWork, entity: Entity, key: str) -> Any:
    """Take the record out of the bin; what pointed at it does so again unless it has moved on.

    Raises Problem 404, 405, 409 `not_deleted`, or `merged` for what only an unmerge brings back.
    """
    entity = uow.of(entity)
    access.require(entity, uow.caller, "delete")
    table = entity.model.__table__
    query = (
        select(entity.model, merged.is_merged(table))
        .where(store.named(entity, key), access.visible(entity, uow.caller, "delete"))
        .with_for_update(of=table)
    )
    row = uow.session.execute(query).one_or_none()
    if row is None:
        raise not_found()
    record, is_merged = row
    if record.deleted_at is None:
        raise refused("not_deleted", "The record is not in the recycle bin.")
    if is_merged:
        raise refused("merged", "The record was merged into another; undo the merge there.")
    with discretion.kept(uow, entity):
        unique.check(uow, entity, record, {})
        duplicates.check(uow, entity, record, {})
    record.deleted_at = None
    tell(uow, entity, record, "restored")
    relinking.put_all_back(uow, entity, [record.id])
    return record


def tell(uow: UnitOfWork, entity: Entity, record: Any, fact: str, **more: Any) -> None:
    """Store and tell that a record went out of sight or came back; its fields are as they were."""
    record.version += 1
    record.modified_at = uow.at
    record.modified_by = uow.caller.user_id
    uow.session.flush()
    state = rendering.state(entity, record)
    deleted = record.deleted_at is not None
    telling.tell(uow, entity, fact, before=state, after=state, deleted=deleted, **more)


def readable_id(uow: UnitOfWork, entity: Entity, key: str) -> str:
    """The id of a record that the caller sees, or finds in the bin and could restore.

    Raises Problem 308 (merged into another), 404.
    """
    access.require(entity, uow.caller, "view")
    table = entity.model.__table__
    live = table.c.deleted_at.is_(None) & access.visible(entity, uow.caller)
    seen = live
    if entity.allows("delete"):
        restorable = access.visible(entity, uow.caller, "delete") & ~merged.is_merged(table)
        seen = live | (table.c.deleted_at.is_not(None) & restorable)
    named = store.named(entity, key)
    record_id: str | None = uow.session.scalar(select(table.c.id).where(named, seen))
    if record_id is None:
        raise merged.elsewhere(uow, entity, named, key)
    return record_id


def purge(uow: UnitOfWork, entity: Entity, ids: Iterable[str]) -> Purged:
    """Remove up to `MOST_AT_ONCE` records of the bin for good, and all that is kept of them.

    What was merged into them goes with them. A record that others cannot do without stays and is
    named in `in_use`; ids that are not in the bin are passed over. Raises Problem 403, 405.
    """
    entity = uow.of(entity)
    access.require(entity, uow.caller, "purge")
    table = entity.model.__table__
    chosen = list(
        uow.session.scalars(
            select(table.c.id)
            .where(
                table.c.id.in_(list(ids)),
                table.c.deleted_at.is_not(None),
                ~merged.is_merged(table),
                access.visible(entity, uow.caller, "purge"),
            )
            .order_by(table.c.id)
            .limit(MOST_AT_ONCE)
            .with_for_update()
        )
    )
    pointing = references.to(uow.entities, entity.name)
    lasting = [r for r in pointing if not r.field.nullable]
    in_use = references.held(uow, entity.name, chosen, lasting)
    gone = [record_id for record_id in chosen if record_id not in in_use]
    if gone:
        _remove(uow, entity, gone, [r for r in pointing if r.field.nullable])
        purged = {"count": len(gone), "ids": gone}
        auditing.note(uow, "records.purged", entity.name, details=purged)
    return Purged(len(gone), sorted(in_use))


def _remove(
    uow: UnitOfWork, entity: Entity, ids: Sequence[str], pointing: Sequence[references.Reference]
) -> None:
    table = entity.model.__table__
    ids = [*ids, *uow.session.scalars(merged.gone_into(ids))]
    for each in pointing:
        if each.field.when_deleted is WhenDeleted.PURGE:
            going = [row.id for row in uow.session.execute(each.found(entity.name, ids))]
            if going:
                _remove(uow, each.entity, going, references.to(uow.entities, each.entity.name))
    while references.move(uow, entity.name, dict.fromkeys(ids), pointing, remember=False):
        pass
    uow.session.flush()
    for forget in FORGETTING:
        forget(uow, entity, ids)
    if entity.line_model is not None:
        lines = entity.line_model.__table__
        uow.session.execute(delete_from(lines).where(lines.c.record_id.in_(ids)))
    held = [table.c[name] for name in _seen_by(entity)]
    removed = delete_from(table).where(table.c.id.in_(ids))
    for row in uow.session.execute(removed.returning(table.c.id, table.c.version, *held)):
        links = {name: getattr(row, name) for name in _seen_by(entity)}
        telling.tell_purged(uow, entity, row.id, row.version + 1, links)


def _seen_by(entity: Entity) -> list[str]:
    """The links by which somebody sees a record: to its owner, and to what may be shared above."""
    if not entity.owned:
        return []
    return [*dict.fromkeys(("owner_id", *(name for to, name in entity.parents if to != "user")))]


def start_emptying(uow: UnitOfWork, entity: Entity) -> dict[str, Any]:
    """Have everything purged that is in the bin by now; the job. Raises Problem 403, 405."""
    access.require(entity, uow.caller, "purge")
    return jobs.start(uow, "empty_bin", entity, {"until": uow.at})


def empty(uow: UnitOfWork, job: jobs.Job) -> bool:
    """A step of a job: purge what was in the bin when the job was started, in the order of ids."""
    table = job.entity.model.__table__
    until = datetime.fromisoformat(job.parameters["until"])
    query = select(table.c.id).where(table.c.deleted_at <= until, ~merged.is_merged(table))
    if job.checkpoint is not None:
        query = query.where(table.c.id > job.checkpoint)
    ids = uow.session.scalars(query.order_by(table.c.id).limit(MOST_AT_ONCE)).all()
    purged = purge(uow, job.entity, ids)
    job.done += len(ids)
    job.checkpoint = ids[-1] if ids else job.checkpoint
    known = job.result.get("in_use", [])
    job.result = {
        "purged": job.result.get("purged", 0) + purged.count,
        "in_use": [*known, *purged.in_use][:MOST_AT_ONCE],
    }
    return len(ids) == MOST_AT_ONCE
