"""Links follow their target into the bin, into another record, and back; many of them as a job."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from contracts.events.base import Event
from crmkit.entity import Entity
from crmkit.fields import WhenDeleted
from crmkit.records import store
from crmkit.records.background import jobs
from crmkit.records.reading import rendering
from crmkit.records.relations import links, record_links, references
from crmkit.unit_of_work import UnitOfWork


def move_all(
    uow: UnitOfWork, entity: Entity, moves: Mapping[str, str | None], *policies: WhenDeleted
) -> None:
    """Let what points at a key of `moves` point at its value, and remember it.

    `entity` is that of the keys, `policies` those of the links that follow. What is beyond one
    transaction is left to a job.
    """
    pointing = references.within(uow, entity.name, *policies)
    if references.move(uow, entity.name, moves, pointing) == references.MOST_AT_ONCE:
        jobs.start(uow, "move_links", entity, {"moves": moves, "policies": policies})


def put_all_back(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """Undo it for links to `ids` that nobody has changed since; beyond one transaction as a job."""
    if references.put_back(uow, entity.name, ids) == references.MOST_AT_ONCE:
        jobs.start(uow, "put_links_back", entity, {"ids": ids})


def link(uow: UnitOfWork, entity: Entity, survivor: Any, losers: Sequence[str]) -> None:
    """Link a survivor by hand as its losers are; beyond one transaction as a job."""
    last = record_links.copy(uow, (entity, rendering.state(entity, survivor)), losers)
    if last is not None:
        wish = {"survivor": survivor.id, "losers": losers, "after": last}
        jobs.start(uow, "copy_links", entity, wish)


def unlink(uow: UnitOfWork, entity: Entity, survivor: Any, losers: Sequence[str]) -> None:
    """Undo it for links that nobody has made anew since; beyond one transaction as a job."""
    side = entity, rendering.state(entity, survivor)
    if record_links.end_copies(uow, side, losers) == record_links.MOST_AT_ONCE:
        jobs.start(uow, "end_links", entity, {"survivor": survivor.id, "losers": losers})


def link_step(uow: UnitOfWork, job: jobs.Job) -> bool:
    """A step of a job: the links of what came back meanwhile are its own alone."""
    survivor = _survivor(uow, job)
    losers = set(job.parameters["losers"]) - _alive(uow, job.entity, job.parameters["losers"])
    if survivor is None or not losers:
        return False
    after = job.checkpoint or job.parameters["after"]
    job.checkpoint = record_links.copy(uow, survivor, sorted(losers), after)
    return job.checkpoint is not None


def unlink_step(uow: UnitOfWork, job: jobs.Job) -> bool:
    """A step of a job: what was merged again meanwhile is left out."""
    survivor = _survivor(uow, job)
    losers = _alive(uow, job.entity, job.parameters["losers"])
    if survivor is None or not losers:
        return False
    ended = record_links.end_copies(uow, survivor, sorted(losers))
    job.done += ended
    return ended == record_links.MOST_AT_ONCE


def _survivor(uow: UnitOfWork, job: jobs.Job) -> record_links.Side | None:
    survivor_id = job.parameters["survivor"]
    found = store.lock(uow, job.entity, [survivor_id]).get(survivor_id)
    return None if found is None else (job.entity, rendering.state(job.entity, found))


def move_step(uow: UnitOfWork, job: jobs.Job) -> bool:
    """A step of a job: what came back meanwhile is left where it is."""
    alive = _alive(uow, job.entity, job.parameters["moves"])
    moves = {old: new for old, new in job.parameters["moves"].items() if old not in alive}
    policies = [WhenDeleted(policy) for policy in job.parameters["policies"]]
    pointing = references.within(uow, job.entity.name, *policies)
    moved = references.move(uow, job.entity.name, moves, pointing)
    job.done += moved
    return moved == references.MOST_AT_ONCE


def put_back_step(uow: UnitOfWork, job: jobs.Job) -> bool:
    """A step of a job: what was deleted again meanwhile is left out."""
    ids = _alive(uow, job.entity, job.parameters["ids"])
    put_back = references.put_back(uow, job.entity.name, ids)
    job.done += put_back
    return put_back == references.MOST_AT_ONCE


def follow(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Let links of this service follow what other services say became of the records they own.

    `events` are the newest of each record. A merged record is replaced by its survivor until the
    merge is undone; a purged one is forgotten; a deleted one is still pointed at.
    """
    alive: dict[str, str] = {}
    for event in events:
        entity, fact = event.type.split(".")[2:4]
        survivor_id = links.survivor_of(event)
        if survivor_id is not None:
            pointing = references.to(uow.entities, entity)
            _move_whole(uow.because_of(event), entity, {event.subject: survivor_id}, pointing)
        elif fact == "purged":
            emptied = [r for r in references.to(uow.entities, entity) if r.field.nullable]
            _move_whole(uow.because_of(event), entity, {event.subject: None}, emptied)
            references.forget(uow, None, [event.subject])
        elif not event.data["deleted"] and event.version > 1:  # a first one brings nothing back
            alive[event.subject] = entity
    for record_id in sorted(references.remembered(uow, alive)):
        while references.put_back(uow, alive[record_id], [record_id]) == references.MOST_AT_ONCE:
            uow.session.flush()


def _move_whole(
    uow: UnitOfWork,
    target: str,
    moves: Mapping[str, str | None],
    pointing: Sequence[references.Reference],
) -> None:
    while references.move(uow, target, moves, pointing) == references.MOST_AT_ONCE:
        uow.session.flush()


def _alive(uow: UnitOfWork, entity: Entity, ids: Collection[str]) -> set[str]:
    table = entity.model.__table__
    query = select(table.c.id).where(table.c.id.in_(ids), table.c.deleted_at.is_(None))
    return set(uow.session.scalars(query))
