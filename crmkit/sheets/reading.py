"""Reads a file somebody sent: `python -m crmkit.sheets.reading FOLDER`, `source` to `rows`.

`how` says what the sender knows of it (`How`), `found` what was found (`Found`). Each line of
`rows` is a JSON list of rows; a row is a list of texts, numbers, true, false and null.
"""

import json
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from crmkit.sheets import csv_reading, hints, vcards, workbooks
from crmkit.sheets.offloaded import REFUSED, Unreadable

ROWS_A_LINE = 500
MOST_ROWS = 200_000
MOST_COLUMNS = 300
LONGEST_CELL = 100_000
_MOST_MEMORY = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class How:
    """What is known of a file beforehand; None is to be found out.

    `known` are words that a line of headings would have.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None
    known: Sequence[str] = ()


@dataclass(slots=True)
class Found:
    """What the file turned out to be; `hints` are one for each column."""

    format: str
    columns: list[str]
    rows: int = 0
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    hints: list[dict[str, str | None]] = field(default_factory=list)


def read(source: bytes, how: How) -> tuple[Found, Iterator[list[Any]]]:
    """The file's columns, and its rows without those that are empty. Raises Unreadable."""
    if not source.strip(b"\0 \r\n\t"):
        raise Unreadable("it is empty")
    if workbooks.is_workbook(source):
        found = Found("xlsx", [])
        found.sheets, found.sheet, table = workbooks.read(source, how.sheet)
    else:
        text, encoding = csv_reading.decoded(source, how.encoding)
        if vcards.is_vcard(text):
            columns, cards = vcards.read(text)
            return Found("vcard", columns, encoding=encoding, header=True), iter(cards)
        found = Found("csv", [], encoding=encoding)
        found.delimiter, table = csv_reading.read(text, how.delimiter)
    rows = (row for row in table if any(cell not in {None, ""} for cell in row))
    first = next(rows, None)
    if first is None:
        raise Unreadable("it holds no rows")
    found.header = csv_reading.is_header(first, how.known) if how.header is None else how.header
    if found.header:
        found.columns = csv_reading.names_of(first)
        return found, rows
    found.columns = csv_reading.names_of([""] * len(first))
    return found, _with(first, rows)


def _with(first: list[Any], rest: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield first
    yield from rest


def _checked(found: Found, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    width = len(found.columns)
    if width > MOST_COLUMNS:
        raise Unreadable(f"it has more than {MOST_COLUMNS} columns")
    for row in rows:
        found.rows += 1
        if found.rows > MOST_ROWS:
            raise Unreadable(f"it has more than {MOST_ROWS:,} rows")
        if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in row):
            raise Unreadable(f"row {found.rows} has more than {LONGEST_CELL:,} letters in a cell")
        while len(row) > width and row[-1] in {None, ""}:
            row.pop()
        yield row


def write(folder: Path) -> None:
    """Read `source` by `how`, and write `rows` and `found`."""
    how = How(**json.loads((folder / "how").read_text()))
    found, every = read((folder / "source").read_bytes(), how)
    rows = _checked(found, every)
    seen = [hints.Seen() for _ in found.columns]
    with (folder / "rows").open("w") as lines:
        while some := list(islice(rows, ROWS_A_LINE)):
            for row in some:
                for of_column, cell in zip(seen, row, strict=False):
                    of_column.look(cell)
            lines.write(json.dumps(some, ensure_ascii=False) + "\n")
    if not found.rows:
        raise Unreadable("it holds no rows below its headings")
    found.hints = [{"dates": one.dates, "decimal": one.decimal} for one in seen]
    (folder / "found").write_text(json.dumps(asdict(found)))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    try:
        write(Path(sys.argv[1]))
    except Unreadable as refusal:
        sys.exit(f"{REFUSED} {refusal}")
