"""Takes an import back, as a job: what it made goes into the bin, what it changed is as before."""

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from contracts.errors import FieldError, Problem, invalid
from crmkit.entity import Entity
from crmkit.records import owners, recycle, store
from crmkit.records.background import job_rows
from crmkit.records.background.job_rows import Outcome, RowResult, job_row
from crmkit.records.background.jobs import Job, Work
from crmkit.records.reading import rendering
from crmkit.records.relations import links
from crmkit.records.writing import conflicts, value_types
from crmkit.unit_of_work import UnitOfWork

_CHUNK = 50
_DONE = (Outcome.CREATED, Outcome.CHANGED)


def _step(uow: UnitOfWork, job: Job) -> bool:
    """From the last row to the first: what was made last, and points at others, goes first."""
    row = job_row.c
    query = select(row.row, row.record_id, row.outcome, row.undo).where(
        row.job_id == job.parameters["run_id"], row.outcome.in_(_DONE)
    )
    if job.checkpoint is not None:
        query = query.where(row.row < job.checkpoint)
    found = uow.session.execute(query.order_by(row.row.desc()).limit(_CHUNK)).all()
    results = [_undone(uow, job.entity, one) for one in found]
    job_rows.add(uow, job.id, results)
    job.done += len(found)
    job.checkpoint = found[-1].row if found else job.checkpoint
    counted = Counter(str(result.outcome) for result in results)
    job.result = dict(Counter(job.result) + counted)
    return len(found) == _CHUNK


def _undone(uow: UnitOfWork, entity: Entity, row: Any) -> RowResult:
    result = RowResult(row=row.row, id=row.record_id, outcome=Outcome.DONE)
    try:
        with uow.attempt():
            if row.outcome == Outcome.CREATED:
                recycle.delete(uow, entity, row.record_id)
                uow.session.flush()
            else:
                kept = _put_back(uow, entity, row.record_id, row.undo)
                if kept:
                    result.problem = job_rows.reason(invalid(kept))
                    result.problem.code = "changed_since"
                    result.problem.detail = "Some fields were changed since and stay."
                    result.outcome = (
                        Outcome.UNCHANGED if len(kept) == len(row.undo["after"]) else Outcome.DONE
                    )
    except Problem as problem:
        gone = problem.status == 404 and row.outcome == Outcome.CREATED  # noqa: PLR2004
        result.outcome = Outcome.UNCHANGED if gone else Outcome.REFUSED
        result.problem = job_rows.reason(problem)
    except DBAPIError as error:
        refusal = conflicts.refusal_of(uow, error)
        if refusal is None:
            raise
        result.outcome, result.problem = Outcome.REFUSED, job_rows.reason(refusal)
    return result


def _put_back(
    uow: UnitOfWork, entity: Entity, record_id: str, undo: dict[str, dict[str, Any]]
) -> list[FieldError]:
    """Give the record its former values back; the fields that somebody has changed since."""
    record = store.fetch(uow, entity, record_id, "edit")
    now = rendering.to_json_types(rendering.state(entity, record))
    kept = []
    back: dict[str, Any] = {}
    for name, value in undo["before"].items():
        if name not in entity.own_fields or now[name] != undo["after"][name]:
            kept.append(FieldError(f"/{name}", "changed_since", "was changed since"))
        elif value is None:
            back[name] = None
        else:
            back[name] = value_types.adapter(entity.fields[name]).validate_python(value)
    back = owners.with_owner_of_now(uow.session, back)
    links.check(uow, entity, back)
    if back:
        store.update(uow, entity, record, back)
        uow.session.flush()
    return kept


UNDO = Work("import_undo", _step)
