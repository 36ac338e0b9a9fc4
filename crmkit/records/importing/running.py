"""Imports a file part by part, as a job: for good, or to see what would become of each row."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from contracts.errors import Problem, forbidden, refused
from crmkit.entity import Entity
from crmkit.records import access, picklists, store
from crmkit.records.background import job_rows, kept_files
from crmkit.records.background.job_rows import Outcome, RowResult
from crmkit.records.background.jobs import Job, Work
from crmkit.records.deduplication.agreement import Holder
from crmkit.records.importing import matching, plans, rows
from crmkit.records.importing.plans import Settled
from crmkit.records.importing.rows import Row
from crmkit.records.importing.shapes import OnMatch, Plan
from crmkit.records.importing.tables import record_import
from crmkit.records.reading import rendering
from crmkit.records.relations import links
from crmkit.records.relations.references import self_links
from crmkit.records.writing import bulk, conflicts, discretion, validation
from crmkit.sheets.reading import ROWS_A_LINE
from crmkit.unit_of_work import UnitOfWork

SOURCE = "IMPORT"
_BREATH = 100
"""After so many rows the process's other work has its turn."""


class _Tried(Exception):  # noqa: N818 - said of a part that was imported on trial
    """All of it is to be undone."""


def _import_step(uow: UnitOfWork, job: Job) -> bool:
    return _step(uow, job, for_good=True)


def _check_step(uow: UnitOfWork, job: Job) -> bool:
    return _step(uow, job, for_good=False)


def _step(uow: UnitOfWork, job: Job, *, for_good: bool) -> bool:
    access.require(job.entity, uow.caller, "import")
    position = job.checkpoint or 0
    query = select(record_import).where(record_import.c.id == job.parameters["import_id"])
    # Shared: what erases a person has an import wait, and finds what it has brought in.
    row = uow.session.execute(query.with_for_update(read=True)).one_or_none()
    part = None if row is None else kept_files.part(uow.session, row.rows_id, position)
    if row is None or part is None:
        if position * ROWS_A_LINE >= (job.total or 0):
            return False
        raise refused("file_gone", "The file is not kept any more.")
    plan = plans.settle(
        uow, uow.shown(job.entity), row.found, Plan.model_validate(job.parameters["plan"])
    )
    at_hand = Part(uow, uow.shown(job.entity), plan, job.id)
    table = orjson.loads(part)
    if for_good:
        at_hand.do(position * ROWS_A_LINE + 1, table)
    else:
        try:
            with uow.attempt():
                at_hand.do(position * ROWS_A_LINE + 1, table)
                uow.session.flush()
                raise _Tried  # noqa: TRY301 - the way out of what was only tried
        except _Tried:
            at_hand.forget_ids()
    job_rows.add(uow, job.id, at_hand.results, at_hand.undo)
    job.checkpoint = position + 1
    job.done += len(table)
    counted = Counter(str(result.outcome) for result in at_hand.results)
    job.result = {**job.result, **(Counter(_counts(job.result)) + counted)}
    return job.done < (job.total or 0)


def _counts(result: Mapping[str, Any]) -> dict[str, int]:
    return {outcome: result[outcome] for outcome in Outcome if outcome in result}


class Part:
    """A part of the file, and what becomes of its rows; `undo` is by row, of those changed."""

    def __init__(self, uow: UnitOfWork, entity: Entity, plan: Settled, job_id: str) -> None:
        self._uow = uow
        self._entity = entity
        self._plan = plan
        self._job_id = job_id
        self._own = set(self_links(entity))
        self.results: list[RowResult] = []
        self.undo: dict[int, Any] = {}

    def do(self, first: int, table: Sequence[Sequence[Any]]) -> None:
        """Import these rows, the first of which has the number `first`."""
        later = self._all(rows.read(self._uow, self._entity, self._plan, first, table))
        if later:
            # What they point at may have come with this very part.
            numbers = [row.number for row in later]
            again = {number: table[number - first] for number in numbers}
            found = [
                row
                for number, cells in again.items()
                for row in rows.read(self._uow, self._entity, self._plan, number, [cells])
            ]
            for row in self._all(found):
                _, problem = self._read(row)
                if problem is not None:
                    self._refuse(row, problem)
        self.results.sort(key=lambda result: result.row)

    def _all(self, waiting: Sequence[Row]) -> list[Row]:
        """Import them in rounds, so that a row meets what one before it has made.

        Answers those that point at a record of their own kind that is not there.
        """
        later: list[Row] = []
        while waiting:
            waiting, some = self._turn(waiting)
            later += some
        return later

    def _turn(self, waiting: Sequence[Row]) -> tuple[list[Row], list[Row]]:
        plan = self._plan
        if not plan.sets:
            return [], self._create(waiting)
        taken: set[Any] = set()
        following: list[Row] = []
        fresh: list[Row] = []
        found = matching.find(self._uow, self._entity, plan, waiting)
        for row, (met, keys) in zip(waiting, found, strict=True):
            if not taken.isdisjoint(keys):
                following.append(row)
                continue
            taken |= keys
            if isinstance(met, Problem):
                self._refuse(row, met)
            elif met is None:
                fresh.append(row)
            elif plan.on_match is OnMatch.SKIP:
                self.results.append(RowResult(row=row.number, id=met.id, outcome=Outcome.SKIPPED))
            else:
                self._change(row, met)
        return following, self._create(fresh)

    def _create(self, fresh: Sequence[Row]) -> list[Row]:
        """Make records of these rows; those that point at one of their own kind in vain."""
        later: list[Row] = []
        ready: list[tuple[Row, dict[str, Any]]] = []
        for count, row in enumerate(fresh, 1):
            if count % _BREATH == 0:
                time.sleep(0)
            if row.dangling & self._own:
                later.append(row)
                continue
            values, problem = self._read(row)
            if problem is None:
                ready.append((row, values))
            else:
                self._refuse(row, problem)
        given = [values for _, values in ready]
        made = bulk.create(self._uow, self._entity, given, source=SOURCE)
        outcomes = (self._single(values) for values in given) if made is None else made
        for (row, _), outcome in zip(ready, outcomes, strict=True):
            if isinstance(outcome, Problem):
                self._refuse(row, outcome)
            else:
                result = RowResult(row=row.number, id=outcome, outcome=Outcome.CREATED)
                self.results.append(result)
        return later

    def _read(self, row: Row) -> tuple[dict[str, Any], Problem | None]:
        sent = rows.new(self._plan, row)
        values, wrong = validation.read(self._entity, sent, partial=False)
        errors = [*wrong]
        with validation.gathered(errors):
            picklists.check(self._uow, self._entity, values)
        return values, row.refused(errors)

    def _single(self, values: Mapping[str, Any]) -> str | Problem:
        with self._standing() as refusal:
            record = store.insert(self._uow, self._entity, values, source=SOURCE)
        return refusal[0] if refusal else str(record.id)

    def _change(self, row: Row, met: Holder) -> None:
        if not met.editable:
            self._refuse(row, forbidden(f"You may not edit {met.number or met.label}."))
            return
        with self._standing() as refusal:
            changed = self._bring_up(row, met)
        if refusal:
            self._refuse(row, refusal[0])
            return
        outcome = Outcome.CHANGED if changed else Outcome.UNCHANGED
        self.results.append(RowResult(row=row.number, id=met.id, outcome=outcome))

    def _bring_up(self, row: Row, met: Holder) -> bool:
        """Whether anything changed. Raises Problem."""
        uow, entity = self._uow, self._entity
        record = store.lock(uow, entity, [met.id])[met.id]
        if record.deleted_at is not None:
            raise refused("record_deleted", "The record is in the recycle bin.")
        sent = rows.changes(self._plan, row)
        if self._plan.on_match is OnMatch.MERGE:
            sent = {**self._plan.defaults, **sent}
            sent = {n: v for n, v in sent.items() if entity.get(record, n) in {None, ""}}
        values, wrong = validation.read(entity, sent, partial=True)
        moved = {n: v for n, v in values.items() if entity.get(record, n) != v}
        errors = [*wrong]
        with validation.gathered(errors):
            picklists.check(uow, entity, moved, record)
        with validation.gathered(errors):
            links.check(uow, entity, moved)
        problem = row.refused(errors)
        if problem is not None:
            raise problem
        if not moved:
            return False
        before = rendering.state(entity, record)
        told = len(uow.facts)
        store.update(uow, entity, record, moved)
        uow.session.flush()
        if len(uow.facts) == told:
            return False
        after = rendering.state(entity, record)
        differing = [n for n in moved if before[n] != after[n]]
        self.undo[row.number] = {
            "before": {n: before[n] for n in differing},
            "after": {n: after[n] for n in differing},
        }
        return True

    @contextmanager
    def _standing(self) -> Iterator[list[Problem]]:
        """Undo the block when it is refused, and say by what; rows beside it stand."""
        refusal: list[Problem] = []
        try:
            with self._uow.attempt():
                yield refusal
        except Problem as problem:
            refusal.append(problem)
        except DBAPIError as error:
            conflict = conflicts.refusal_of(self._uow, error)
            if conflict is None:
                raise
            refusal.append(conflict)

    def _refuse(self, row: Row, problem: Problem) -> None:
        discretion.keep(self._uow, self._entity, problem)
        reason = job_rows.reason(problem)
        result = RowResult(row=row.number, id=None, outcome=Outcome.REFUSED, problem=reason)
        self.results.append(result)

    def forget_ids(self) -> None:
        """Nothing has been made after all."""
        self.undo.clear()
        for result in self.results:
            if result.outcome is Outcome.CREATED:
                result.id = None


IMPORT = Work("import", _import_step)
CHECK = Work("import_check", _check_step)
