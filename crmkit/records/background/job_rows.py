"""What a job is to do row by row, and what became of each: for whoever started it to read."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from contracts.errors import FieldError, Problem, bad_request
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records.background.jobs import JobError
from crmkit.records.reading import places
from crmkit.records.reading.query import Cut
from crmkit.records.reading.rendering import to_json
from crmkit.unit_of_work import UnitOfWork

job_row = Table(
    "job_row",
    KIT,
    Column("job_id", Uuid(as_uuid=False), ForeignKey("job.id", ondelete="CASCADE"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("record_id", Uuid(as_uuid=False)),
    Column("outcome", Text),
    Column("problem", JSONB(none_as_null=True)),
    Column("undo", JSONB(none_as_null=True)),
    Index("uq_job_row_job_id_row", "job_id", "row", unique=True),
    Index("ix_job_row_outcome", "job_id", "outcome", "row"),
)
_TELLING = or_(job_row.c.problem.is_not(None), job_row.c.undo.is_not(None))
Index("ix_job_row_telling", job_row.c.record_id, postgresql_where=_TELLING)
"""`undo` is what a job needs to take back what it did to the record; no client sees it."""

NOTHING_TO_UNDO: Mapping[int, Any] = {}
_IDS = ARRAY(Uuid(as_uuid=False))
_SETTLE = text(
    "UPDATE job_row SET outcome = said.outcome, problem = said.problem "
    "FROM jsonb_to_recordset(CAST(:results AS jsonb)) "
    "AS said(row int, outcome text, problem jsonb) "
    "WHERE job_id = CAST(:job_id AS uuid) AND job_row.row = said.row"
)
_ADD = text(
    "INSERT INTO job_row (job_id, row, record_id, outcome, problem, undo) "
    "SELECT CAST(:job_id AS uuid), said.row, said.id, said.outcome, said.problem, said.undo "
    "FROM jsonb_to_recordset(CAST(:results AS jsonb)) "
    "AS said(row int, id uuid, outcome text, problem jsonb, undo jsonb)"
)


class Outcome(StrEnum):
    """What became of a row."""

    DONE = "done"
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    REFUSED = "refused"


class RowResult(BaseModel):
    """One row, counted from 1; `problem` says why it was refused."""

    row: int
    id: str | None
    outcome: Outcome | None
    problem: JobError | None = None


class RowPage(BaseModel):
    """Rows in their order."""

    items: list[RowResult]
    next_cursor: str | None


class RowQuery(Cut):
    """Which rows of a job."""

    outcome: Outcome | SkipJsonSchema[None] = Constraint(
        default=None, description="Only rows of which this became."
    )


def reason(problem: Problem) -> JobError:
    """Why it was refused, as rows and jobs keep it."""
    errors = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in problem.errors]
    return JobError(code=problem.code, detail=problem.detail, errors=errors)


def take_down(uow: UnitOfWork, job_id: str, ids: Sequence[str] | Select[Any]) -> int:
    """Note the records the job is about, once and for all; returns how many."""
    if isinstance(ids, Select):
        chosen = ids.subquery()
        found: Any = select(chosen.c.id, func.row_number().over(order_by=chosen.c.id))
    else:
        given = func.unnest(literal(list(ids), _IDS)).table_valued("id", with_ordinality="position")
        found = select(given.c.id, given.c.position)
    rows = found.add_columns(literal(job_id, Uuid(as_uuid=False)))
    query = insert(job_row).from_select(["record_id", "row", "job_id"], rows)
    return int(uow.session.execute(query).rowcount)  # type: ignore[attr-defined]


def waiting(uow: UnitOfWork, job_id: str, *, after: int, limit: int) -> Sequence[Any]:
    """The next rows after this one, as (row, record_id)."""
    query = (
        select(job_row.c.row, job_row.c.record_id)
        .where(job_row.c.job_id == job_id, job_row.c.row > after)
        .order_by(job_row.c.row)
        .limit(limit)
    )
    return uow.session.execute(query).all()


def settle(uow: UnitOfWork, job_id: str, results: Iterable[RowResult]) -> None:
    """Keep what became of rows noted before."""
    said = to_json([result.model_dump(mode="json") for result in results]).decode()
    uow.session.execute(_SETTLE, {"job_id": job_id, "results": said})


def add(
    uow: UnitOfWork,
    job_id: str,
    results: Iterable[RowResult],
    undo: Mapping[int, Any] = NOTHING_TO_UNDO,
) -> None:
    """Keep what became of rows that were not noted before; `undo` is by row."""
    rows = [{**one.model_dump(mode="json"), "undo": undo.get(one.row)} for one in results]
    given = {"job_id": job_id, "results": to_json(rows).decode()}
    uow.session.execute(_ADD, given)


def page(
    uow: UnitOfWork, job_id: str, *, outcome: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """The job's rows, those of one outcome if it is named. Raises Problem 400."""
    query = select(job_row).where(job_row.c.job_id == job_id).order_by(job_row.c.row)
    if outcome is not None:
        if outcome not in {*Outcome}:
            error = FieldError("/outcome", "unknown_value", f"is one of {', '.join(Outcome)}")
            raise bad_request("bad_query", "The query string cannot be understood.", [error])
        query = query.where(job_row.c.outcome == outcome)
    if cursor is not None:
        if not cursor.isdecimal() or len(cursor) > len(str(2**31 - 1)) - 1:
            raise places.unreadable()
        query = query.where(job_row.c.row > int(cursor))
    rows = uow.session.execute(query.limit(limit + 1)).all()
    items = [
        {"row": r.row, "id": r.record_id, "outcome": r.outcome, "problem": r.problem}
        for r in rows[:limit]
    ]
    return {"items": items, "next_cursor": str(rows[limit - 1].row) if len(rows) > limit else None}


def forget(uow: UnitOfWork, _entity: Entity, ids: Sequence[str]) -> None:
    """Of rows about records that are gone for good, keep the outcome and nothing they held."""
    mine = job_row.c.record_id.in_(ids) & _TELLING
    uow.session.execute(update(job_row).where(mine).values(problem=None, undo=None))
