"""What a cell says, as a client would send it: days, numbers, yes and no, choices.

What cannot be read is left as it is, so that validation says what is wrong with it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from pydantic import TypeAdapter

from crmkit.fields import Field, Kind

_DAY = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T\s]+(.*))?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d)(\.\d+)?)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
_ZONED = re.compile(r".*(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_SPACES = re.compile(r"[\s'\u2019]")
_AROUND = re.compile(
    r"^(?:[A-Z]{3}|[€$£¥%])?\s*([-+]?)\s*(?:[€$£¥])?(.*?)\s*(?:[A-Z]{3}|[€$£¥%])?$"
)
_GROUPED = {
    ".": re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?|\d*(\.\d+)?|\d+\."),
    ",": re.compile(r"\d{1,3}(\.\d{3})+(,\d*)?|\d*(,\d+)?|\d+,"),
}
_SEVERAL = re.compile(r"\s*(?:;|\n|\|##\|)\s*")
_TRUE = frozenset({"true", "yes", "y", "1", "x", "on", "ja", "wahr", "oui", "si", "sí", "是"})
_FALSE = frozenset({"false", "no", "n", "0", "", "off", "nein", "nee", "falsch", "non", "否"})
_PIVOT = 69
"""Years of two digits from this on are of the last century (POSIX)."""
_NOON = 12

Read = Callable[[Any], Any]
"""A cell that is not empty, as a client would send it."""


def text_of(cell: Any) -> str:
    """A cell as text."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def reader(  # noqa: PLR0911 - one case for each kind
    field: Field, *, dates: str, decimal: str, zone: str
) -> Read:
    """How cells of this field are read; links are resolved elsewhere.

    `dates` and `decimal` are as in a plan, settled; `zone` is that of times that name none.
    """
    match field.kind:
        case Kind.INTEGER | Kind.DECIMAL | Kind.PERCENT | Kind.MONEY:
            return lambda cell: _number(cell, decimal)
        case Kind.BOOLEAN:
            return _yes_or_no
        case Kind.DATE:
            return lambda cell: _day(text_of(cell), dates)
        case Kind.DATETIME:
            return lambda cell: _instant(text_of(cell), dates, zone)
        case Kind.TIME:
            return lambda cell: _clock(text_of(cell)) or text_of(cell)
        case Kind.PICKLIST:
            choices = _by_spelling(field)
            return lambda cell: _choice(text_of(cell), choices)
        case Kind.MULTISELECT:
            choices = _by_spelling(field)
            return lambda cell: _choices(text_of(cell), choices)
        case Kind.JSON:
            listed = TypeAdapter(field.shape).json_schema().get("type") == "array"
            return lambda cell: _json(cell, listed=listed)
        case _:
            return text_of


def _number(cell: Any, decimal: str) -> Any:
    if isinstance(cell, bool):
        return text_of(cell)
    if isinstance(cell, int | float):
        return repr(cell)
    found = _AROUND.match(_SPACES.sub("", cell))
    if found is None or not found[2] or not _GROUPED[decimal].fullmatch(found[2]):
        return cell
    other = "," if decimal == "." else "."
    plain = found[2].replace(other, "").replace(decimal, ".").removesuffix(".")
    return f"{found[1].replace('+', '')}{'0' if plain.startswith('.') else ''}{plain}"


def _yes_or_no(cell: Any) -> Any:
    word = text_of(cell).casefold()
    return True if word in _TRUE else False if word in _FALSE else cell


def _day(text: str, dates: str) -> str:
    compact = _COMPACT.fullmatch(text)
    if compact is not None:
        return "-".join(compact.groups())
    found = _DAY.fullmatch(text)
    if found is None or (found[5] or "").strip("0:.TZ "):
        return text
    return _iso(found, dates)


def _iso(found: re.Match[str], dates: str) -> str:
    first, second, third = found[1], found[3], found[4]
    order = "ymd" if len(first) > len("31") else dates
    year, month, day = {
        "ymd": (first, second, third),
        "dmy": (third, second, first),
        "mdy": (third, first, second),
    }[order]
    if len(year) <= len("99"):
        year = str(int(year) + (1900 if int(year) >= _PIVOT else 2000))
    return f"{year:0>4}-{month:0>2}-{day:0>2}"


def _instant(text: str, dates: str, zone: str) -> str:
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    day = _iso(found, dates)
    rest = (found[5] or "00:00").strip()
    if _ZONED.match(rest):
        return f"{day}T{rest}"
    clock = _clock(rest)
    if clock is None:
        return text
    try:
        local = datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        return text
    return local.replace(tzinfo=ZoneInfo(zone)).isoformat()


def _clock(text: str) -> str | None:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour = int(found[1])
    if found[5]:
        hour = hour % _NOON + (_NOON if found[5][0] in "pP" else 0)
    return f"{hour:02}:{found[2]}:{found[3] or '00'}"


def _by_spelling(field: Field) -> Mapping[str, str]:
    """Each choice by its spelling, and by the names it had before."""
    spelled: dict[str, str] = {}
    if field.picklist is not None:
        for gone in field.picklist.replaced:
            current = field.picklist.current(gone.old)
            if current is not None:
                spelled[gone.old.casefold()] = current
    spelled |= {choice.casefold(): choice for choice in field.choices}
    return spelled


def _choice(text: str, choices: Mapping[str, str]) -> str:
    return choices.get(text.casefold(), text)


def _choices(text: str, choices: Mapping[str, str]) -> list[str]:
    if text.casefold() in choices:
        return [choices[text.casefold()]]
    parts = [part for part in _SEVERAL.split(text) if part]
    if len(parts) == 1 and "," in text:
        parts = [part.strip() for part in text.split(",") if part.strip()]
    return [_choice(part, choices) for part in parts]


def _json(cell: Any, *, listed: bool) -> Any:
    """As it is exported: JSON, but for lists of texts, which stand there as people write them."""
    if not isinstance(cell, str):
        return cell
    if cell[0] not in "[{" and listed:
        return [part for part in _SEVERAL.split(cell) if part]
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell
