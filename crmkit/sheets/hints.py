"""How the days and numbers of a column are written, as far as all of them together tell."""

import re
from typing import Any

AMBIGUOUS = "ambiguous"
"""Some cell can be read in two ways and none says which: whoever sent the file must."""

_DAY = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?=$|[T\s])")
_NUMBER = re.compile(r"[^\d]{0,4}(\d[\d.,'\s]*)[^\d]{0,4}")
_LONGEST = 40
_MONTHS, _DAYS, _GROUP = 12, 31, 3


class Seen:
    """What the cells of one column have shown so far."""

    def __init__(self) -> None:
        self._orders: set[str] | None = None
        self._decimals: set[str] = set()
        self._doubtful = False

    def look(self, cell: Any) -> None:
        """See one more cell; only texts say anything."""
        if not isinstance(cell, str) or not cell or len(cell) > _LONGEST:
            return
        if (day := _DAY.match(cell)) is not None:
            orders = _orders(day[1], day[2], day[3])
            self._orders = orders if self._orders is None else self._orders & orders
        elif ("," in cell or "." in cell) and (number := _NUMBER.fullmatch(cell)) is not None:
            decimal = _decimal(number[1])
            if decimal == AMBIGUOUS:
                self._doubtful = True
            elif decimal is not None:
                self._decimals.add(decimal)

    @property
    def dates(self) -> str | None:
        """`ymd`, `dmy`, `mdy`, ambiguous, or None when there are no days."""
        if self._orders is None:
            return None
        return next(iter(self._orders)) if len(self._orders) == 1 else AMBIGUOUS

    @property
    def decimal(self) -> str | None:
        """`.`, `,`, ambiguous, or None when no cell has either."""
        if len(self._decimals) == 1:
            return next(iter(self._decimals))
        return AMBIGUOUS if self._decimals or self._doubtful else None


def _orders(first: str, separator: str, second: str) -> set[str]:
    if len(first) > len("31"):
        return {"ymd"}
    found = set()
    if 1 <= int(first) <= _DAYS and 1 <= int(second) <= _MONTHS:
        found.add("dmy")
    # With full stops nobody writes the month first.
    if separator != "." and 1 <= int(first) <= _MONTHS and 1 <= int(second) <= _DAYS:
        found.add("mdy")
    return found


def _decimal(number: str) -> str | None:
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rindex(".") > number.rindex(",") else ","
    if not points and not commas:
        return None
    mark = "." if points else ","
    if points + commas > 1:
        return "," if mark == "." else "."
    whole, _, part = number.partition(mark)
    whole = re.sub(r"[\s']", "", whole)
    grouped = len(part.strip()) == _GROUP and len(whole) <= _GROUP and not whole.startswith("0")
    return AMBIGUOUS if grouped else mark
