"""Links follow their target into the bin, into another record, and back; many of them as a job."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from crmkit.entity import Entity
from crmkit.fields import WhenDeleted
from crmkit.records import jobs, references
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


def _alive(uow: UnitOfWork, entity: Entity, ids: Collection[str]) -> set[str]:
    table = entity.model.__table__
    query = select(table.c.id).where(table.c.id.in_(ids), table.c.deleted_at.is_(None))
    return set(uow.session.scalars(query))
