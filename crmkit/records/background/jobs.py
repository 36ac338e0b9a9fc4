"""Work too long for a request: kept as a row, done in chunks, seen by who started it.

A job is worked by any copy of the service (`job_worker.py`). Each chunk is one transaction with the
job's checkpoint in it, so that whenever a process dies, no row is done twice and none left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from contracts.caller import SYSTEM_ID
from contracts.errors import not_found, refused
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records.reading import places, rendering
from crmkit.records.store import is_id
from crmkit.unit_of_work import UnitOfWork, new_id

CHANNEL = "tandem_job"
RETENTION = timedelta(days=90)
"""How long a finished job can still be looked at."""

job = Table(
    "job",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("actor_id", Uuid(as_uuid=False), nullable=False),
    Column("request_id", Text, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("total", Integer),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("checkpoint", JSONB(none_as_null=True)),
    Column("result", JSONB, nullable=False, server_default="{}"),
    Column("error", JSONB(none_as_null=True)),
    Column("claim", Uuid(as_uuid=False)),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)
Index("job_waiting", job.c.due_at, postgresql_where=job.c.finished_at.is_(None))
Index("job_finished", job.c.finished_at, postgresql_where=job.c.finished_at.is_not(None))
Index("ix_job_entity_id", job.c.entity, job.c.id)

_WAKE = text(f"SELECT pg_notify('{CHANNEL}', '')")
_PRUNE = text(
    "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE finished_at < now() - :keep LIMIT 1000)"
)


@dataclass(slots=True)
class Job:
    """A job in the hands of a worker; what a step leaves here is stored with the step's effects.

    `checkpoint` is None before the first step and any JSON value after; `result` is for whoever
    started it, and `total` is None for as long as nobody knows it.
    """

    id: str
    kind: str
    entity: Entity
    parameters: dict[str, Any]
    total: int | None = None
    done: int = 0
    checkpoint: Any = None
    result: dict[str, Any] = field(default_factory=dict)


Step = Callable[[UnitOfWork, Job], bool]
"""Does one chunk, a second's work at most, and says whether there is more to do.

A Problem it raises ends the job as failed, and undoes the chunk; anything else is tried again a few
times first.
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of job, and what is done for it chunk by chunk, as the caller who started it."""

    kind: str
    step: Step


class JobError(BaseModel):
    """Why a job failed, or what its last try ran into."""

    code: str
    detail: str
    errors: list[dict[str, str]] = []


class JobDocument(BaseModel):
    """A job as people see it: how far it is, and what came of it."""

    id: str
    kind: str
    entity: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    total: int | None
    done: int
    result: dict[str, Any]
    error: JobError | None
    started_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(BaseModel):
    """Jobs, the newest first."""

    items: list[JobDocument]
    next_cursor: str | None


def start(
    uow: UnitOfWork,
    kind: str,
    entity: Entity,
    parameters: dict[str, Any],
    *,
    total: int | None = None,
) -> dict[str, Any]:
    """Have this done once the transaction has committed; the job as `JobDocument` shows it."""
    values = {
        "id": new_id(),
        "kind": kind,
        "entity": entity.name,
        "actor_id": uow.caller.user_id,
        "request_id": uow.caller.request_id,
        "traceparent": uow.caller.traceparent,
        "parameters": rendering.to_json_types(parameters),
        "total": total,
        "created_at": uow.at,
    }
    row = uow.session.execute(insert(job).values(values).returning(job)).one()
    uow.session.execute(_WAKE)
    return document(row)


def expect(uow: UnitOfWork, job_id: str, total: int) -> dict[str, Any]:
    """Say how much a job just started has to do; the job."""
    query = update(job).where(job.c.id == job_id).values(total=total).returning(job)
    return document(uow.session.execute(query).one())


def document(row: Any) -> dict[str, Any]:
    """A row of the table as `JobDocument` shows it."""
    return {
        "id": row.id,
        "kind": row.kind,
        "entity": row.entity,
        "state": row.state,
        "total": row.total,
        "done": row.done,
        "result": row.result,
        "error": row.error,
        "started_by": row.actor_id,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _seen(uow: UnitOfWork, entity: Entity) -> Select[Any]:
    """Those the caller started; administrators see everybody's."""
    query = select(job).where(job.c.entity == entity.name)
    return query if uow.caller.is_admin else query.where(job.c.actor_id == uow.caller.user_id)


def page(uow: UnitOfWork, entity: Entity, *, cursor: str | None, limit: int) -> dict[str, Any]:
    """The entity's jobs that the caller sees. Raises Problem 400 for a cursor of another list."""
    query = _seen(uow, entity).order_by(job.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        if not is_id(cursor):
            raise places.unreadable()
        query = query.where(job.c.id < cursor)
    rows = uow.session.execute(query).all()
    items = [document(row) for row in rows[:limit]]
    return {"items": items, "next_cursor": items[-1]["id"] if len(rows) > limit else None}


def find(uow: UnitOfWork, entity: Entity, job_id: str, *kinds: str) -> Any:
    """The job's row, of one of these kinds if any are named. Raises Problem 404."""
    query = _seen(uow, entity).where(job.c.id == job_id)
    if kinds:
        query = query.where(job.c.kind.in_(kinds))
    row = uow.session.execute(query).one_or_none() if is_id(job_id) else None
    if row is None:
        raise not_found("There is no such job, or you may not see it.")
    return row


def cancel(uow: UnitOfWork, entity: Entity, job_id: str) -> dict[str, Any]:
    """Do no more of it: what is done stays done, the chunk under way is undone.

    Raises Problem 404, and 409 `job_finished`, or `job_of_the_suite` for what nobody here started.
    """
    if find(uow, entity, job_id).actor_id == SYSTEM_ID:
        raise refused("job_of_the_suite", "The suite itself started the job, and needs it done.")
    change = {"state": "cancelled", "finished_at": func.clock_timestamp()}
    query = update(job).where(job.c.id == job_id, job.c.finished_at.is_(None)).values(change)
    row = uow.session.execute(query.returning(job)).one_or_none()
    if row is None:
        raise refused("job_finished", "The job has ended already.")
    return document(row)


def retry(uow: UnitOfWork, entity: Entity, job_id: str) -> dict[str, Any]:
    """Go on with a failed job where it stopped. Raises Problem 404, and 409 `job_not_failed`."""
    find(uow, entity, job_id)
    again = {
        "state": "queued",
        "error": None,
        "tries": 0,
        "due_at": func.now(),
        "finished_at": None,
    }
    query = update(job).where(job.c.id == job_id, job.c.state == "failed").values(again)
    row = uow.session.execute(query.returning(job)).one_or_none()
    if row is None:
        raise refused("job_not_failed", "Only a failed job can be tried again.")
    uow.session.execute(_WAKE)
    return document(row)


def prune(session: Any, keep: timedelta = RETENTION) -> int:
    """Forget up to 1,000 jobs that ended longer ago than `keep`; returns how many, 0 when done."""
    return session.execute(_PRUNE, {"keep": keep}).rowcount  # type: ignore[no-any-return]
