"""Reads a sheet of a workbook: values as they are stored, formulas as what they last gave."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from crmkit.sheets.offloaded import Unreadable

_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""What the zip archives begin with that workbooks are now, and what they were before 2007."""


def is_workbook(source: bytes) -> bool:
    """Whether it looks like one from its first bytes."""
    return source.startswith(_MARKS)


def read(source: bytes, wanted: str | None) -> tuple[list[str], str, Iterator[list[Any]]]:
    """The names of the sheets, the one that was read (the first unless wanted), and its rows.

    Raises Unreadable for what is no workbook, or for a sheet that is not there.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(source))
        names = book.sheet_names
        if wanted is not None and wanted not in names:
            raise Unreadable(f"there is no sheet {wanted!r}")
        if not names:
            raise Unreadable("it has no sheets")
        name = wanted or names[0]
        rows = book.get_sheet_by_name(name).to_python()
    except CalamineError:
        raise Unreadable("it is no workbook that can be opened; one with a password cannot") from (
            None
        )
    return names, name, ([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    match value:
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case str():
            return value.strip()
        case _:
            return value
