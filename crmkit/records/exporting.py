"""What a list shows as a file: CSV or a workbook; a few thousand rows at once, more as a job."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select

from contracts.errors import FieldError, Problem, invalid
from crmkit.entity import Entity
from crmkit.records import access, auditing
from crmkit.records.background import jobs, kept_files
from crmkit.records.background.jobs import Job, Work
from crmkit.records.filters.shapes import FilterTree
from crmkit.records.reading import cursors, query, rendering, showing
from crmkit.records.reading.finding import ListRequest
from crmkit.records.tailoring.languages import Language, wished
from crmkit.records.views import reading as views
from crmkit.records.writing.validation import gathered, parse_body
from crmkit.sheets import csv_text, offloaded
from crmkit.unit_of_work import UnitOfWork

MOST_AT_ONCE = 5_000
"""More rows than these are exported as a job."""
_CHUNK = 1_000
_OF_LISTS = ("filter", "q", "view", "sort", "fields")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Export(BaseModel):
    """What to export: the filter, words, order and columns of a list, and how to write it.

    `view` is a saved view: its filter too, and its columns and order unless given. `headings` are
    names of fields or their labels in `language`; `links` ids or what the records are called;
    `times` in UTC or in one's own zone.
    """

    model_config = ConfigDict(extra="forbid")

    filter: FilterTree = {}  # type: ignore[assignment]
    q: str = ""
    view: str | None = None
    sort: list[str] = []
    fields: list[str] = []
    headings: Literal["names", "labels"] = "names"
    language: Language | None = None
    links: Literal["ids", "labels"] = "ids"
    times: Literal["utc", "mine"] = "utc"
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
    access.require(entity, uow.caller, "export")
    wish, request = _read(uow, entity, payload)
    every = query.selected(uow, entity, request.tree, request.words)
    some = every.limit(MOST_AT_ONCE + 1).subquery()
    total = uow.session.scalar(select(func.count()).select_from(some)) or 0
    if total > MOST_AT_ONCE:
        total = uow.session.scalar(select(func.count()).select_from(every.subquery())) or 0
        started = jobs.start(uow, EXPORT.kind, entity, dict(payload), total=total)
        _note(uow, entity, wish, payload.get("filter"), count=total, job_id=started["id"])
        return started
    _note(uow, entity, wish, payload.get("filter"), count=total)
    table = Table(uow, entity, wish, request)
    parts, cursor, first = [], None, True
    while first or cursor is not None:
        part, _, cursor = table.part(cursor, first=first)
        parts.append(part)
        first = False
    content = b"".join(parts)
    if wish.format == "xlsx":
        with _workbook(parts) as made:
            content = made.read_bytes()
    name = f"{entity.plural}.{wish.format}"
    return File(name=name, media_type=MEDIA_TYPES[wish.format], content=content)


def _note(uow: UnitOfWork, entity: Entity, wish: Export, filtered: Any, **counted: Any) -> None:
    """In the audit, who takes away what; a filter may name a person."""
    auditing.note(
        uow,
        "records.exported",
        entity.name,
        details={"format": wish.format, "fields": wish.fields, "view": wish.view, **counted},
        personal={"filter": filtered, "q": wish.q},
    )


def _read(uow: UnitOfWork, entity: Entity, payload: Any) -> tuple[Export, ListRequest]:
    """The wish, and what it asks of the list. Raises Problem 422 that names every bad field."""
    errors: list[FieldError] = []
    with gathered(errors):
        wish: Export = parse_body(Export, payload)
    asked = {n: payload[n] for n in _OF_LISTS if n in payload} if isinstance(payload, dict) else {}
    with gathered(errors):
        request = query.parse_search(uow, entity, asked)
    if errors:
        raise invalid(list({(error.pointer, error.code): error for error in errors}.values()))
    return wish, request


class Table:
    """What is exported, part by part: as rows of a sheet, the headings first."""

    def __init__(self, uow: UnitOfWork, entity: Entity, wish: Export, request: ListRequest) -> None:
        self._uow, self._entity, self._wish = uow, entity, wish
        chosen = [name.strip() for name in ",".join(wish.fields).split(",") if name.strip()]
        if not chosen and wish.view is not None:
            chosen = list(views.find(uow, entity, wish.view).columns)
        self._columns = tuple(dict.fromkeys(chosen)) or request.names
        names = request.names
        if wish.links == "labels":
            names = tuple(dict.fromkeys((*names, *showing.helpers(entity, self._columns))))
        self._request = replace(request, names=names, limit=_CHUNK, count=None)

    def part(self, cursor: str | None, *, first: bool) -> tuple[bytes, int, str | None]:
        """Some rows beyond `cursor`, how many, and where the next part goes on, if there is one."""
        uow, entity, wish = self._uow, self._entity, self._wish
        after = None if cursor is None else cursors.read(self._request.order, cursor)
        page = query.page(uow, entity, replace(self._request, after=after))
        items = page["items"]
        if wish.links == "labels":
            showing.label_links(uow, entity, self._columns, items)
        rows = [[self._cell(item[name]) for name in self._columns] for item in items]
        return (
            _written(wish, [self._headings(), *rows] if first else rows, first=first),
            len(rows),
            page["next_cursor"],
        )

    def _headings(self) -> Sequence[str]:
        if self._wish.headings == "names":
            return self._columns
        languages = wished(self._wish.language, ())
        return showing.headings(self._uow, self._entity, self._columns, languages)

    def _cell(self, value: Any) -> Any:
        if self._wish.times == "mine":
            value = showing.local(value, self._uow.caller.calendar.time_zone)
        return _cell(value)


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


def _written(wish: Export, rows: Iterable[Sequence[Any]], *, first: bool) -> bytes:
    if wish.format == "xlsx":
        listed = [[float(v) if isinstance(v, Decimal) else v for v in row] for row in rows]
        return orjson.dumps(listed) + b"\n"
    text = csv_text.written(rows, delimiter=wish.delimiter)
    return csv_text.BOM.encode() + text if first and wish.bom else text


@contextmanager
def _workbook(parts: Iterable[bytes]) -> Iterator[Path]:
    """The workbook that these parts make, for as long as the block lasts."""
    with offloaded.desk() as folder:
        with (folder / "rows").open("wb") as lines:
            lines.writelines(parts)
        offloaded.run("writing", folder)
        yield folder / "result.xlsx"


def _step(uow: UnitOfWork, job: Job) -> bool:
    wish, request = _read(uow, job.entity, job.parameters)
    at = job.checkpoint or {"part": 0, "cursor": None}
    first = at["part"] == 0
    if first:
        name = f"{job.entity.plural}.{wish.format}"
        job.result["file"] = kept_files.keep(uow, job.entity, name, MEDIA_TYPES[wish.format])
        job.result["expires_at"] = rendering.to_json_types(uow.at + kept_files.RETENTION)
    elif at["cursor"] is None:
        _bind(uow, job.result["file"])
        return False
    part, count, cursor = Table(uow, job.entity, wish, request).part(at["cursor"], first=first)
    kept_files.append(uow, job.result["file"], at["part"], part)
    job.done += count
    job.checkpoint = {"part": at["part"] + 1, "cursor": cursor}
    return cursor is not None or wish.format == "xlsx"


def _bind(uow: UnitOfWork, file_id: str) -> None:
    """Make the file of rows a workbook, with no more than a part of either in memory."""
    with _workbook(kept_files.parts(uow.session, file_id)) as made, made.open("rb") as content:
        kept_files.replace(uow, file_id, iter(lambda: content.read(kept_files.PART), b""))


def fetch(uow: UnitOfWork, entity: Entity, job_id: str) -> File:
    """The file that a job has made. Raises Problem 404, 409 while it is not ready."""
    row = jobs.find(uow, entity, job_id)
    if row.state != "done":
        raise Problem(409, "file_not_ready", "The job has not made its file.")
    held = kept_files.find(uow, entity, row.result.get("file", ""))
    content = kept_files.read(uow.session, held.id)
    return File(name=held.name, media_type=held.media_type, content=content)


EXPORT = Work("export", _step)
