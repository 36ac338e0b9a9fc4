"""What a list shows as a file: CSV or a workbook; a few thousand rows at once, more as a job."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select

from contracts.errors import Problem
from crmkit.entity import Entity
from crmkit.records import access, auditing
from crmkit.records.background import jobs, kept_files
from crmkit.records.background.jobs import Job, Work
from crmkit.records.filters.shapes import FilterTree
from crmkit.records.reading import cursors, query, rendering
from crmkit.records.reading.query import ListRequest
from crmkit.records.writing.validation import parse_body
from crmkit.sheets import csv_text, offloaded
from crmkit.unit_of_work import UnitOfWork

MOST_AT_ONCE = 5_000
"""More rows than these are exported as a job."""
_CHUNK = 1_000
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Export(BaseModel):
    """What to export: the filter, words, order and columns of a list, and how to write it."""

    model_config = ConfigDict(extra="forbid")

    filter: FilterTree = {}  # type: ignore[assignment]
    q: str = ""
    sort: list[str] = []
    fields: list[str] = []
    format: Literal["csv", "xlsx"] = "csv"
    delimiter: Literal[",", ";", "\t"] = ","
    bom: bool = False


class File(BaseModel):
    """A file in memory."""

    name: str
    media_type: str
    content: bytes


def perform(uow: UnitOfWork, entity: Entity, payload: Any) -> File | dict[str, Any]:
    """The file, or the job that writes it when there is too much for a request.

    Raises Problem 403, and 422 that names every bad field.
    """
    wish: Export = parse_body(Export, payload)
    access.require(entity, uow.caller, "view")
    request = _request(uow, entity, payload)
    every = query.selected(uow, entity, request.tree, request.words)
    some = every.limit(MOST_AT_ONCE + 1).subquery()
    total = uow.session.scalar(select(func.count()).select_from(some)) or 0
    if total > MOST_AT_ONCE:
        total = uow.session.scalar(select(func.count()).select_from(every.subquery())) or 0
        started = jobs.start(uow, EXPORT.kind, entity, dict(payload), total=total)
        _note(uow, entity, wish, payload.get("filter"), count=total, job_id=started["id"])
        return started
    _note(uow, entity, wish, payload.get("filter"), count=total)
    columns = _columns(request, wish)
    parts, cursor, first = [], None, True
    while first or cursor is not None:
        rows, cursor = _page(uow, entity, request, columns, cursor)
        parts.append(_part(wish, [columns, *rows] if first else rows, first=first))
        first = False
    return File(
        name=f"{entity.plural}.{wish.format}",
        media_type=MEDIA_TYPES[wish.format],
        content=_bound(wish, parts),
    )


def _note(uow: UnitOfWork, entity: Entity, wish: Export, filtered: Any, **counted: Any) -> None:
    """In the audit, who takes away what; a filter may name a person."""
    auditing.note(
        uow,
        "records.exported",
        entity.name,
        details={"format": wish.format, "fields": wish.fields, **counted},
        personal={"filter": filtered, "q": wish.q},
    )


def _request(uow: UnitOfWork, entity: Entity, payload: Mapping[str, Any]) -> ListRequest:
    asked = {name: payload[name] for name in ("filter", "q", "sort", "fields") if name in payload}
    return query.parse_search(uow, entity, asked)


def _columns(request: ListRequest, wish: Export) -> Sequence[str]:
    return tuple(dict.fromkeys(wish.fields)) or request.names


def _page(
    uow: UnitOfWork,
    entity: Entity,
    request: ListRequest,
    columns: Sequence[str],
    cursor: str | None,
) -> tuple[list[list[Any]], str | None]:
    after = None if cursor is None else cursors.read(request.order, cursor)
    page = query.page(uow, entity, replace(request, limit=_CHUNK, after=after, count=None))
    rows = [[_cell(item[name]) for name in columns] for item in page["items"]]
    return rows, page["next_cursor"]


def _cell(value: Any) -> Any:
    """A text, a number or None; numbers are never taken for formulas."""
    match value:
        case None | int() | str() if not isinstance(value, bool):
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return value if value.is_finite() else str(value)
        case datetime() | date() | time():
            return rendering.to_json(value).decode().strip('"')
        case list() if all(isinstance(one, str) for one in value):
            return "; ".join(value)
        case _:
            return rendering.to_json(value).decode()


def _part(wish: Export, rows: Iterable[Sequence[Any]], *, first: bool) -> bytes:
    if wish.format == "xlsx":
        listed = [[float(v) if isinstance(v, Decimal) else v for v in row] for row in rows]
        return orjson.dumps(listed) + b"\n"
    text = csv_text.written(rows, delimiter=wish.delimiter)
    return csv_text.BOM.encode() + text if first and wish.bom else text


def _bound(wish: Export, parts: Iterable[bytes]) -> bytes:
    if wish.format == "csv":
        return b"".join(parts)
    with offloaded.desk() as folder:
        with (folder / "rows").open("wb") as lines:
            lines.writelines(parts)
        offloaded.run("writing", folder)
        return (folder / "result.xlsx").read_bytes()


def _step(uow: UnitOfWork, job: Job) -> bool:
    wish: Export = parse_body(Export, job.parameters)
    request = _request(uow, job.entity, job.parameters)
    columns = _columns(request, wish)
    at = job.checkpoint or {"part": 0, "cursor": None}
    first = at["part"] == 0
    if first:
        name = f"{job.entity.plural}.{wish.format}"
        job.result["file"] = kept_files.keep(uow, job.entity, name, MEDIA_TYPES[wish.format])
        job.result["expires_at"] = rendering.to_json_types(uow.at + kept_files.RETENTION)
    elif at["cursor"] is None:
        _bind(uow, wish, job.result["file"])
        return False
    rows, cursor = _page(uow, job.entity, request, columns, at["cursor"])
    part = _part(wish, [columns, *rows] if first else rows, first=first)
    kept_files.append(uow, job.result["file"], at["part"], part)
    job.done += len(rows)
    job.checkpoint = {"part": at["part"] + 1, "cursor": cursor}
    return cursor is not None or wish.format == "xlsx"


def _bind(uow: UnitOfWork, wish: Export, file_id: str) -> None:
    kept_files.write(uow, file_id, _bound(wish, [kept_files.read(uow.session, file_id)]))


def fetch(uow: UnitOfWork, entity: Entity, job_id: str) -> File:
    """The file that a job has made. Raises Problem 404, 409 while it is not ready."""
    row = jobs.find(uow, entity, job_id)
    if row.state != "done":
        raise Problem(409, "file_not_ready", "The job has not made its file.")
    held = kept_files.find(uow, entity, row.result.get("file", ""))
    content = kept_files.read(uow.session, held.id)
    return File(name=held.name, media_type=held.media_type, content=content)


EXPORT = Work("export", _step)
