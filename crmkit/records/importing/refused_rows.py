"""The rows that an import refused and why, as a file to be mended and sent again."""

import time
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import select

from contracts.errors import refused
from crmkit.entity import Entity
from crmkit.records.background import kept_files
from crmkit.records.background.job_rows import Outcome, job_row
from crmkit.records.importing import imports
from crmkit.records.reading import rendering
from crmkit.sheets import csv_text
from crmkit.sheets.reading import ROWS_A_LINE
from crmkit.unit_of_work import UnitOfWork

REASON = "Refused because"
"""The heading of the column that says why a row was refused."""


def file_of(uow: UnitOfWork, entity: Entity, import_id: str) -> tuple[str, bytes]:
    """Name and content of a CSV file of the rows that were refused, to be mended and sent again.

    Of the import, or of the last check while there was none. Raises Problem 403, 404, 409.
    """
    row = imports.find(uow, entity, import_id)
    job_id = row.run_id or row.check_id
    if imports.state_of(uow, job_id) in {None, *imports.UNDER_WAY}:
        raise refused("still_running", "Nothing is known of the rows before the job has ended.")
    kept_files.find(uow, entity, row.rows_id)
    held = job_row.c
    query = select(held.row, held.problem).where(
        held.job_id == job_id, held.outcome == Outcome.REFUSED
    )
    why = {one.row: one.problem for one in uow.session.execute(query.order_by(held.row))}
    columns = row.found["columns"]
    parts = [csv_text.written([[*(c for c in columns if c != REASON), REASON]])]
    for position in sorted({(number - 1) // ROWS_A_LINE for number in why}):
        table = orjson.loads(kept_files.part(uow.session, row.rows_id, position) or b"[]")
        first = position * ROWS_A_LINE + 1
        bad = [(n, cells) for n, cells in enumerate(table, first) if n in why]
        parts.append(csv_text.written(_with_reason(columns, cells, why[n]) for n, cells in bad))
        time.sleep(0)
    stem = row.name.rpartition(".")[0] or row.name
    return f"{stem} refused.csv", csv_text.BOM.encode() + b"".join(parts)


def _with_reason(columns: Sequence[str], cells: Sequence[Any], problem: Any) -> list[Any]:
    padded = [*cells, *[""] * (len(columns) - len(cells))]
    kept = [c for name, c in zip(columns, padded, strict=False) if name != REASON]
    said = [f"{e['pointer'][1:]}: {e['detail']}".lstrip(": ") for e in problem["errors"]]
    beyond = cells[len(columns) :]
    return [*map(_cell, kept), "; ".join(said) or problem["detail"], *map(_cell, beyond)]


def _cell(value: Any) -> Any:
    return rendering.to_json(value).decode() if isinstance(value, bool | float) else value
