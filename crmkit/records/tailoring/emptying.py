"""Takes the values of a deleted field out of the records, as a job: nobody waits for it."""

from typing import Any

from sqlalchemy import delete, text

from crmkit.entity import Entity
from crmkit.records.background import jobs
from crmkit.records.background.jobs import Job, Work
from crmkit.records.tailoring.tables import custom_field
from crmkit.unit_of_work import UnitOfWork

KIND = "empty_field"
_CHUNK = 2000
_SETTLE = text("SELECT pg_sleep(0.6)")
"""So long at most another process may still write the field, having not yet looked again."""
_NONE = "00000000-0000-0000-0000-000000000000"


def start(uow: UnitOfWork, entity: Entity, name: str, key: str) -> dict[str, Any]:
    """Have it done; the job. The values are out of sight already, and stay so."""
    return jobs.start(uow, KIND, entity, {"field": name, "key": key})


def step(uow: UnitOfWork, job: Job) -> bool:
    """Empty some records. Versions and history stay: that the field is gone has been told."""
    if job.checkpoint is None:
        uow.session.execute(_SETTLE)
    table = job.entity.model.__table__.name
    given = {"key": job.parameters["key"], "after": job.checkpoint or _NONE, "limit": _CHUNK}
    emptied = sorted(uow.session.scalars(_emptying(table), given))
    job.done += len(emptied)
    if emptied:
        job.checkpoint = emptied[-1]
    if len(emptied) == _CHUNK:
        return True
    field_id = int(job.parameters["key"].removeprefix("f"))
    uow.session.execute(delete(custom_field).where(custom_field.c.id == field_id))
    return False


def _emptying(table: str) -> Any:
    return text(
        f"WITH filled AS (SELECT id FROM {table} "  # noqa: S608 - a name of our own
        "WHERE custom ? :key AND id > CAST(:after AS uuid) ORDER BY id LIMIT :limit FOR UPDATE) "
        f"UPDATE {table} AS record SET custom = record.custom - :key "
        "FROM filled WHERE record.id = filled.id RETURNING CAST(record.id AS text)"
    )


WORK = Work(KIND, step)
