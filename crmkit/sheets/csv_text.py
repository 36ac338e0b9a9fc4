"""Tables as text with separators (RFC 4180); no spreadsheet takes a cell for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

BOM = "\ufeff"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def written(rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> bytes:
    """The rows as UTF-8; a text that a spreadsheet would compute is led by an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value


def undefused(cell: str) -> str:
    """A cell as it was before `written` led it by an apostrophe."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_DANGEROUS) else cell
