"""Imports from the file that was sent to what came of it: read, try, run, take back, forget."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, select, text, update

from contracts.errors import FieldError, Problem, not_found, refused
from crmkit.entity import Entity
from crmkit.records import access, auditing
from crmkit.records.background import jobs, kept_files
from crmkit.records.background.job_rows import Outcome, job_row
from crmkit.records.background.jobs import job
from crmkit.records.importing import indexing, mappings, plans, proposing
from crmkit.records.importing.running import CHECK, IMPORT
from crmkit.records.importing.shapes import Plan, Reading, Upload
from crmkit.records.importing.tables import record_import
from crmkit.records.importing.undoing import UNDO
from crmkit.records.reading import places
from crmkit.records.store import is_id
from crmkit.records.writing.validation import parse_body
from crmkit.sheets import offloaded
from crmkit.sheets.reading import How
from crmkit.unit_of_work import UnitOfWork, new_id

RETENTION = timedelta(days=30)
"""How long a file that was sent is kept, and an import can be run."""
_SHOWN = 10
_READ_SECONDS = 25.0
"""Less than the gateway waits for an answer."""
_PRUNE = text(
    "DELETE FROM record_import WHERE id IN ("
    "SELECT id FROM record_import WHERE created_at < now() - :keep LIMIT 1000)"
)


def begin(uow: UnitOfWork, entity: Entity, content: bytes, wish: Upload) -> dict[str, Any]:
    """Read a file and keep it; the import as `ImportDocument` shows it.

    Raises Problem 403, 405, and 422 `unreadable_file` with one line that says why.
    """
    access.require(entity, uow.caller, "import")
    read, parts = _read(entity, content, wish)
    name = wish.name.strip() or f"{entity.plural}.{read['format']}"
    row: dict[str, Any] = {
        "id": new_id(),
        "entity": entity.name,
        "actor_id": uow.caller.user_id,
        "name": name,
        "source_id": kept_files.keep(uow, entity, name, "application/octet-stream", keep=RETENTION),
        "rows_id": kept_files.keep(uow, entity, name, "application/json", keep=RETENTION),
        "found": read,
        "created_at": uow.at,
    }
    kept_files.write(uow, row["source_id"], content)
    kept_files.replace(uow, row["rows_id"], parts)
    uow.session.execute(insert(record_import).values(row))
    return document(uow, entity, row["id"])


def read_again(uow: UnitOfWork, entity: Entity, import_id: str, wish: Reading) -> dict[str, Any]:
    """Read the file another way. Raises Problem 404, 409 once it has been imported, 422."""
    row = find(uow, entity, import_id, lock=True)
    if row.run_id is not None or state_of(uow, row.check_id) in UNDER_WAY:
        raise refused("already_imported", "The file is being used as it was read.")
    kept_files.find(uow, entity, row.source_id)
    content = kept_files.read(uow.session, row.source_id)
    read, parts = _read(entity, content, wish)
    kept_files.replace(uow, row.rows_id, parts)
    change = {"found": read, "plan": None, "check_id": None}
    uow.session.execute(_mine(row.id).values(change))
    return document(uow, entity, import_id)


def _read(entity: Entity, content: bytes, wish: Reading) -> tuple[dict[str, Any], Iterator[bytes]]:
    if not content:  # no process is started only to find that out
        raise _unreadable("it is empty")
    known = sorted(set(proposing.spelled(entity)))
    how = How(wish.encoding, wish.delimiter, wish.header, wish.sheet, known)
    with offloaded.desk() as folder:
        (folder / "source").write_bytes(content)
        (folder / "how").write_bytes(orjson.dumps(asdict(how)))
        try:
            offloaded.run("reading", folder, seconds=_READ_SECONDS)
        except offloaded.Unreadable as refusal:
            raise _unreadable(str(refusal)) from None
        found = orjson.loads((folder / "found").read_bytes())
        return found, iter((folder / "rows").read_bytes().splitlines())


def _unreadable(why: str) -> Problem:
    error = FieldError("", "unreadable_file", why)
    return Problem(422, "unreadable_file", f"The file cannot be read: {why}.", errors=[error])


def find(uow: UnitOfWork, entity: Entity, import_id: str, *, lock: bool = False) -> Any:
    """The import, if it is the caller's or the caller an administrator. Raises Problem 403, 404."""
    access.require(entity, uow.caller, "import")
    query = _seen(uow, entity).where(record_import.c.id == import_id)
    query = query.with_for_update() if lock else query
    row = uow.session.execute(query).one_or_none() if is_id(import_id) else None
    if row is None:
        raise not_found("There is no such import, or you may not see it.")
    return row


def _seen(uow: UnitOfWork, entity: Entity) -> Any:
    query = select(record_import).where(record_import.c.entity == entity.name)
    if uow.caller.is_admin:
        return query
    return query.where(record_import.c.actor_id == uow.caller.user_id)


def _mine(import_id: str) -> Any:
    return update(record_import).where(record_import.c.id == import_id)


def page(uow: UnitOfWork, entity: Entity, *, cursor: str | None, limit: int) -> dict[str, Any]:
    """The entity's imports that the caller sees. Raises Problem 400 for another list's cursor."""
    access.require(entity, uow.caller, "import")
    query = _seen(uow, entity).order_by(record_import.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        if not is_id(cursor):
            raise places.unreadable()
        query = query.where(record_import.c.id < cursor)
    rows = uow.session.execute(query).all()
    items = [_summary(uow, row) for row in rows[:limit]]
    return {"items": items, "next_cursor": items[-1]["id"] if len(rows) > limit else None}


def _summary(uow: UnitOfWork, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "format": row.found["format"],
        "rows": row.found["rows"],
        **_jobs(uow, row),
        "created_by": row.actor_id,
        "created_at": row.created_at,
    }


def _jobs(uow: UnitOfWork, row: Any) -> dict[str, Any]:
    wanted = {"check": row.check_id, "run": row.run_id, "undo": row.undo_id}
    ids = [job_id for job_id in wanted.values() if job_id]
    query = select(job).where(job.c.id.in_(ids))
    found = {one.id: jobs.document(one) for one in uow.session.execute(query)} if ids else {}
    return {name: found.get(job_id) for name, job_id in wanted.items()}


def document(
    uow: UnitOfWork, entity: Entity, import_id: str, *, mapping: str | None = None
) -> dict[str, Any]:
    """The import as `ImportDocument` shows it, with the plan of a saved `mapping` proposed.

    Raises Problem 403, 404, also for a mapping that is not there.
    """
    row = find(uow, entity, import_id)
    found = row.found
    proposal = proposing.propose(entity, found["columns"])
    if mapping is not None:
        saved = mappings.find(uow, entity, mapping)
        proposal = proposing.fitting(Plan.model_validate(saved.plan), entity, found["columns"])
    first = kept_files.part(uow.session, row.rows_id, 0)
    held = kept_files.kept_file.c
    expires = select(held.expires_at).where(held.id == row.rows_id)
    shown = ("format", "encoding", "delimiter", "header", "sheet", "sheets")
    return {
        **_summary(uow, row),
        "entity": row.entity,
        **{name: found[name] for name in shown},
        "columns": [
            {"name": name, **hint}
            for name, hint in zip(found["columns"], found["hints"], strict=True)
        ],
        "preview": orjson.loads(first or b"[]")[:_SHOWN],
        "proposal": proposal.model_dump(mode="json"),
        "plan": row.plan,
        "expires_at": uow.session.scalar(expires),
    }


UNDER_WAY = frozenset({"queued", "running"})
"""The states of jobs that have not ended."""


def state_of(uow: UnitOfWork, job_id: str | None) -> str | None:
    """How far a job is; None without one."""
    query = select(job.c.state).where(job.c.id == job_id)
    return None if job_id is None else uow.session.scalar(query)


def check(uow: UnitOfWork, entity: Entity, import_id: str, payload: Any) -> dict[str, Any]:
    """Start a job that says what would become of each row; nothing is stored. The job.

    Raises Problem 403, 404, 405, 409 while another is under way, 422 for every bad field.
    """
    row = find(uow, entity, import_id, lock=True)
    if state_of(uow, row.check_id) in UNDER_WAY:
        raise refused("still_running", "The last check has not ended.")
    return _start(uow, entity, row, payload, kind=CHECK.kind, noted_as="check_id")


def run(uow: UnitOfWork, entity: Entity, import_id: str, payload: Any) -> dict[str, Any]:
    """Start the job that imports the file. Raises as `check`, and 409 if it was imported already.

    What was imported and taken back may be imported anew.
    """
    row = find(uow, entity, import_id, lock=True)
    if row.run_id is not None and state_of(uow, row.undo_id) != "done":
        detail = "The file was imported already; undo that first, or go on with its job."
        raise refused("already_imported", detail)
    started = _start(uow, entity, row, payload, kind=IMPORT.kind, noted_as="run_id")
    uow.session.execute(_mine(row.id).values(undo_id=None))
    _note(uow, "records.imported", row, started, plan=payload)
    return started


def _start(
    uow: UnitOfWork, entity: Entity, row: Any, payload: Any, *, kind: str, noted_as: str
) -> dict[str, Any]:
    plan: Plan = parse_body(Plan, payload)
    kept_files.find(uow, entity, row.rows_id)
    indexing.lend(uow, entity, plans.settle(uow, entity, row.found, plan))
    kept = plan.model_dump(mode="json")
    parameters = {"import_id": row.id, "plan": kept}
    started = jobs.start(uow, kind, entity, parameters, total=row.found["rows"])
    uow.session.execute(_mine(row.id).values({noted_as: started["id"], "plan": kept}))
    return started


def undo(uow: UnitOfWork, entity: Entity, import_id: str) -> dict[str, Any]:
    """Start the job that takes the import back. Raises Problem 403, 404, 409."""
    row = find(uow, entity, import_id, lock=True)
    state = state_of(uow, row.run_id)
    if state is None:
        raise refused("not_imported", "The file was not imported, or too long ago.")
    if state in UNDER_WAY:
        raise refused("still_running", "The import has not ended; cancel it first.")
    if state_of(uow, row.undo_id) not in {None, "cancelled"}:
        raise refused("already_undone", "The import was taken back already.")
    of_run = job_row.c.job_id == row.run_id
    done = job_row.c.outcome.in_((Outcome.CREATED, Outcome.CHANGED))
    total = uow.session.scalar(select(func.count()).where(of_run, done))
    started = jobs.start(uow, UNDO.kind, entity, {"run_id": row.run_id}, total=total)
    uow.session.execute(_mine(row.id).values(undo_id=started["id"]))
    _note(uow, "records.import_undone", row, started)
    return started


def _note(uow: UnitOfWork, act: str, row: Any, started: dict[str, Any], **personal: Any) -> None:
    """In the audit, who does this with how many; a file's name and fixed values may name people."""
    details = {"import_id": row.id, "job_id": started["id"], "count": started["total"]}
    auditing.note(uow, act, row.entity, details=details, personal={"file": row.name, **personal})


def remove(uow: UnitOfWork, entity: Entity, import_id: str) -> None:
    """Forget the import and its files; its records stay. Raises Problem 403, 404, 409."""
    row = find(uow, entity, import_id, lock=True)
    under_way = {state_of(uow, one) for one in (row.check_id, row.run_id, row.undo_id)}
    if under_way & UNDER_WAY:
        raise refused("still_running", "A job is at work on it; cancel it first.")
    kept_files.remove(uow, [row.source_id, row.rows_id])
    uow.session.execute(delete(record_import).where(record_import.c.id == row.id))


def prune(session: Any, keep: timedelta = jobs.RETENTION) -> int:
    """Forget up to 1,000 imports older than `keep`; returns how many, 0 when done."""
    return session.execute(_PRUNE, {"keep": keep}).rowcount  # type: ignore[no-any-return]


WORKS = (CHECK, IMPORT, UNDO)
