"""All records of a user or group that leaves get another owner: a job in each service and round.

What stands against changing a record does not stand against this: no rule is asked, nothing but the
owner changes, and records in the bin move as well.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import select

from contracts.caller import system_caller
from contracts.events.base import Event
from contracts.events.ownership import OwnershipMoved
from crmkit.entity import Entity
from crmkit.records import auditing, owners, principals, store
from crmkit.records.background import jobs
from crmkit.records.background.jobs import Job, Work
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork

SUBJECT = "ownership"
_CHUNK = 100


def hear(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Have a round of a transfer done by a job; a service without owners answers at once.

    Whoever leaves is given nothing here from now on, even if that they have left is heard later.
    """
    for event in events:
        wish = event.data["record"]
        leaver_id = wish["user_id"] or wish["group_id"]
        principals.shut_out(uow.session, leaver_id)
        owners.succeed(uow.session, leaver_id, wish["transfer_to_id"])
        owned = _owned(uow)
        if not owned:
            _answer(uow.because_of(event), event.subject, wish["round"], {})
            continue
        asked = {name: wish[name] for name in ("round", "transfer_to_id")}
        whose = {"transfer_id": event.subject, "ordered_by": event.actor, "user_id": leaver_id}
        parameters = {**whose, **asked}
        jobs.start(_by_the_suite(uow, event), MOVE.kind, owned[0], parameters)


def _by_the_suite(uow: UnitOfWork, event: Event) -> UnitOfWork:
    """It is done to the end, even if whoever ordered it leaves as well."""
    caller = system_caller(request_id=event.request_id, traceparent=event.traceparent)
    return replace(uow, caller=caller)


def _owned(uow: UnitOfWork) -> list[Entity]:
    return [entity for entity in uow.entities.values() if entity.owned]


def _step(uow: UnitOfWork, job: Job) -> bool:
    """What has another owner is not found again, so that there is no place to remember."""
    wish = job.parameters
    mine = replace(uow, caller=replace(uow.caller, user_id=wish["ordered_by"]))
    for entity in _owned(uow):
        found, moved = _move(mine, entity, wish["user_id"], wish["transfer_to_id"])
        if found:
            job.done += moved
            job.result = {**job.result, entity.name: job.result.get(entity.name, 0) + moved}
            return True
    _answer(mine, wish["transfer_id"], wish["round"], {n: c for n, c in job.result.items() if c})
    return False


def _move(uow: UnitOfWork, entity: Entity, leaver_id: str, owner_id: str) -> tuple[int, int]:
    """Of one chunk, how many were found and how many moved: others may have moved some since."""
    table = entity.model.__table__
    query = select(table.c.id).where(table.c.owner_id == leaver_id).order_by(table.c.id)
    ids = uow.session.scalars(query.limit(_CHUNK)).all()
    moved = 0
    for record in store.lock(uow, entity, ids).values():
        if record.owner_id == leaver_id:
            before = rendering.state(entity, record)
            record.owner_id = owner_id
            store.touch(uow, entity, record, before)
            moved += 1
    return len(ids), moved


def _answer(uow: UnitOfWork, transfer_id: str, number: int, moved: dict[str, int]) -> None:
    told = OwnershipMoved(number, moved)
    uow.tell(SUBJECT, transfer_id, "moved", number, asdict(told))
    if moved:
        details = {"transfer_id": transfer_id, "moved": moved}
        auditing.note(uow, "records.ownership_moved", SUBJECT, transfer_id, details=details)


MOVE = Work("move_ownership", _step)
