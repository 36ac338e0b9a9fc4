"""Writes a workbook: `python -m crmkit.sheets.writing FOLDER`, `rows` to `result.xlsx`.

Each line of `rows` is a JSON list of rows; a row is a list of texts, numbers and null.
"""

import json
import sys
from pathlib import Path

import xlsxwriter

_MOST_ROWS = 1_048_576
"""Of a sheet; what is more goes onto the next one."""


def write(folder: Path) -> None:
    """No cell becomes a formula or a link, whatever it says."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with (
        xlsxwriter.Workbook(str(folder / "result.xlsx"), options) as book,
        (folder / "rows").open() as lines,
    ):
        sheet, at = book.add_worksheet(), 0
        for line in lines:
            for row in json.loads(line):
                if at == _MOST_ROWS:
                    sheet, at = book.add_worksheet(), 0
                for position, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(at, position, value[:32767])
                    elif value is not None:
                        sheet.write(at, position, value)
                at += 1


if __name__ == "__main__":
    write(Path(sys.argv[1]))
