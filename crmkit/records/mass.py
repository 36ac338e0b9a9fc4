"""The same thing done to many records at once: edit, delete, restore, give to somebody else.

Each record goes the way of a single write: with the caller's rights, validation, links and rules.
One that is refused says why and keeps no other from being done.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import Select
from sqlalchemy.exc import DBAPIError

from contracts.errors import FieldError, Problem, invalid
from crmkit.about import OwnPatch
from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.records import access, auditing, filters, recycle, store
from crmkit.records.background import job_rows, jobs
from crmkit.records.background.job_rows import Outcome, RowResult
from crmkit.records.background.jobs import Job, Work
from crmkit.records.filters.shapes import FilterTree
from crmkit.records.reading import query
from crmkit.records.relations import links
from crmkit.records.writing import conflicts
from crmkit.records.writing.validation import parse, parse_body
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork

MOST_AT_ONCE = 200
"""More records than these are done as a job."""
_CHUNK = 50
_MOST_IDS = 10_000

_Id = Annotated[str, Constraint(pattern=UUID_PATTERN)]
_VERBS: Mapping[str, str] = {
    "edit": "edit",
    "transfer": "edit",
    "delete": "delete",
    "restore": "delete",
}


class Selection(BaseModel):
    """Which records: these, or all that a list with this filter and these words shows."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[_Id], Constraint(min_length=1, max_length=_MOST_IDS)] | None = None
    filter: FilterTree | None = None
    q: str = ""


class MassOperation(BaseModel):
    """What to do to them: `values` go with edit, `owner_id` with transfer."""

    model_config = ConfigDict(extra="forbid")

    operation: Literal["edit", "delete", "restore", "transfer"]
    selection: Selection
    values: OwnPatch | None = None
    owner_id: _Id | None = None


class MassResult(BaseModel):
    """What became of each record, and of how many."""

    items: list[RowResult]
    counts: dict[str, int]


def editable(entity: Entity) -> frozenset[str]:
    """The fields that may be set on many records at once: none that is different on each."""
    return frozenset(
        name
        for name, field in entity.own_fields.items()
        if not field.read_only
        and not field.unique
        and field.kind is not Kind.JSON
        and entity.tailoring.of_fields.get(name, {}).get("mass_editable", True)
    )


def perform(uow: UnitOfWork, entity: Entity, payload: Any) -> MassResult | dict[str, Any]:
    """Do it now, or start the job that does it (as `JobDocument` shows it) when it is too much.

    Raises Problem 403, 405, and 422 that names every bad field.
    """
    _require(uow, entity, payload.get("operation") if isinstance(payload, dict) else None)
    wish: MassOperation = parse_body(MassOperation, payload)
    values = _checked(uow, uow.shown(entity), wish, payload)
    chosen = _chosen(uow, entity, wish, payload)
    few = _few(uow, chosen)
    if few is not None:
        results = _each(uow, entity, wish.operation, values, list(enumerate(few, 1)))
        counts = _counts(results)
        _note(uow, entity, wish, payload, counts=counts)
        return MassResult(items=results, counts=counts)
    parameters = {"operation": wish.operation, "values": values}
    started = jobs.start(uow, MASS.kind, entity, parameters)
    total = job_rows.take_down(uow, started["id"], chosen)
    _note(uow, entity, wish, payload, count=total, job_id=started["id"])
    return jobs.expect(uow, started["id"], total)


def _require(uow: UnitOfWork, entity: Entity, operation: Any) -> None:
    """Raise Problem 403, 405 for who may not do it, or, if that is not said, nothing of it."""
    verb = _VERBS.get(operation) if isinstance(operation, str) else None
    if verb is None:
        may = (access.may_ever(entity, uow.caller, one) for one in _VERBS.values())
        verb = "view" if any(may) else "edit"
    access.require(entity, uow.caller, verb)
    if verb == "edit":
        access.require(entity, uow.caller, "mass_edit")


def _note(
    uow: UnitOfWork, entity: Entity, wish: MassOperation, payload: Mapping[str, Any], **more: Any
) -> None:
    """In the audit, who did this to how many; a filter and what was written may name a person."""
    personal = {name: payload[name] for name in ("selection", "values") if name in payload}
    details = {"operation": wish.operation, "owner_id": wish.owner_id, **more}
    auditing.note(uow, "records.mass_changed", entity.name, details=details, personal=personal)


def _checked(
    uow: UnitOfWork, entity: Entity, wish: MassOperation, payload: Mapping[str, Any]
) -> dict[str, Any]:
    """What each record is to be sent, found right as far as that does not hang on the record."""
    given = {"edit": "values", "transfer": "owner_id"}.get(wish.operation)
    errors = [
        FieldError(f"/{name}", "unknown_field", f"does not go with {wish.operation}")
        for name in ("values", "owner_id")
        if name != given and getattr(wish, name) is not None
    ]
    if wish.operation == "transfer" and not entity.owned:
        errors.append(FieldError("/operation", "invalid", "these records have no owner"))
    if given is not None and not getattr(wish, given):
        errors.append(FieldError(f"/{given}", "required", f"goes with {wish.operation}"))
    if errors:
        raise invalid(errors)
    if given is None:
        return {}
    values = dict(payload["values"]) if given == "values" else {"owner_id": wish.owner_id}
    at = "/values" if given == "values" else ""
    single = values.keys() & (entity.own_fields.keys() - editable(entity))
    detail = "is set on single records only"
    errors = [FieldError(f"/values/{n}", "not_mass_editable", detail) for n in sorted(single)]
    try:
        rest = {name: value for name, value in values.items() if name not in single}
        links.check(uow, entity, parse(entity, rest, partial=True))
    except Problem as problem:
        errors += [FieldError(at + e.pointer, e.code, e.detail) for e in problem.errors]
    if errors:
        raise invalid(errors)
    return values


def _chosen(
    uow: UnitOfWork, entity: Entity, wish: MassOperation, payload: Mapping[str, Any]
) -> Sequence[str] | Select[Any]:
    selection = wish.selection
    if selection.ids is not None:
        if selection.filter is not None or selection.q:
            detail = "names records; a filter finds them"
            raise invalid([FieldError("/selection/ids", "invalid", detail)])
        return list(dict.fromkeys(one.lower() for one in selection.ids))
    if wish.operation == "restore":
        raise invalid([FieldError("/selection/ids", "required", "names what to restore")])
    tree = payload["selection"].get("filter")
    if tree is None and not selection.q.strip():
        detail = "say ids or filter; an empty filter is every record"
        raise invalid([FieldError("/selection", "required", detail)])
    read = filters.parse_tree(uow, entity, tree or {}, at=("selection", "filter"))
    return query.selected(uow, entity, read, selection.q.strip())


def _few(uow: UnitOfWork, chosen: Sequence[str] | Select[Any]) -> Sequence[str] | None:
    """The ids when they are few enough to be done at once."""
    if isinstance(chosen, Select):
        chosen = list(uow.session.scalars(chosen.limit(MOST_AT_ONCE + 1)))
    return chosen if len(chosen) <= MOST_AT_ONCE else None


def _step(uow: UnitOfWork, job: Job) -> bool:
    rows = job_rows.waiting(uow, job.id, after=job.checkpoint or 0, limit=_CHUNK)
    if not rows:
        return False
    operation, values = job.parameters["operation"], job.parameters["values"]
    chosen = [(row.row, row.record_id) for row in rows]
    results = _each(uow, job.entity, operation, values, chosen)
    job_rows.settle(uow, job.id, results)
    job.checkpoint = rows[-1].row
    job.done += len(rows)
    job.result = dict(Counter(job.result) + Counter(_counts(results)))
    return job.done < (job.total or 0)


def _each(
    uow: UnitOfWork,
    entity: Entity,
    operation: str,
    values: Mapping[str, Any],
    chosen: Iterable[tuple[int, str]],
) -> list[RowResult]:
    results = []
    for row, record_id in chosen:
        result = RowResult(row=row, id=record_id, outcome=Outcome.DONE)
        told = len(uow.facts)
        try:
            with uow.attempt():
                _one(uow, entity, operation, record_id, values)
            if len(uow.facts) == told:
                result.outcome = Outcome.UNCHANGED
        except Problem as problem:
            result.outcome, result.problem = Outcome.REFUSED, job_rows.reason(problem)
        except DBAPIError as error:
            refusal = conflicts.refusal_of(uow, error)
            if refusal is None:
                raise
            result.outcome, result.problem = Outcome.REFUSED, job_rows.reason(refusal)
        results.append(result)
    return results


def _one(
    uow: UnitOfWork, entity: Entity, operation: str, record_id: str, values: Mapping[str, Any]
) -> None:
    match operation:
        case "delete":
            recycle.delete(uow, entity, record_id)
        case "restore":
            recycle.restore(uow, entity, record_id)
        case _:
            store.patch(uow, entity, record_id, dict(values))


def _counts(results: Iterable[RowResult]) -> dict[str, int]:
    return dict(Counter(str(result.outcome) for result in results))


MASS = Work("mass", _step)
