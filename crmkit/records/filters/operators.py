"""What a condition may ask of a field, type by type (spec 1.20), and how its values are written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from crmkit.fields import Field, Kind
from crmkit.records.filters.dates import period
from crmkit.records.writing.value_types import adapter

TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.SKYPE})
"""What people type freely: looked into, and never a list of choices."""
ORDERED = frozenset(
    {
        Kind.INTEGER,
        Kind.DECIMAL,
        Kind.PERCENT,
        Kind.MONEY,
        Kind.DATE,
        Kind.DATETIME,
        Kind.TIME,
    }
)
"""What is more or less than another of its kind."""
ME = "me"
"""In a link to a user: whoever asks."""

_MOST_VALUES = 500
_ENDS = 2
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ANYTHING = frozenset(Kind) - {Kind.JSON}
_CONTAINING = TEXTS | {Kind.MULTISELECT}


class Takes(StrEnum):
    """What stands in a condition's `value`.

    VALUES: one value or a list, any of which will do. VALUE: one. RANGE: two, from the first to
    the second. YES_OR_NO: a boolean, true when it is left out.
    """

    VALUES = "values"
    VALUE = "value"
    RANGE = "range"
    YES_OR_NO = "yes_or_no"


@dataclass(frozen=True, slots=True)
class Operator:
    """One with an `opposite` holds where that does not: also where the field is empty."""

    name: str
    takes: Takes
    kinds: frozenset[Kind]
    meaning: str
    opposite: str = ""

    @property
    def asked(self) -> str:
        """The question that is put, by the name of the operator that affirms it.

        That of `empty` is whether something is there.
        """
        return self.opposite or self.name

    def denies(self, values: Sequence[Any]) -> bool:
        """Whether the condition holds where the answer to what is `asked` is no."""
        return bool(self.opposite) or (self.takes is Takes.YES_OR_NO and values[0])


OPERATORS: Mapping[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("eq", Takes.VALUES, _ANYTHING, "is, or is one of; has one of them chosen"),
        Operator("ne", Takes.VALUES, _ANYTHING, "is none of them; also when empty", "eq"),
        Operator("empty", Takes.YES_OR_NO, frozenset(Kind), "holds nothing; `false`: something"),
        Operator("gt", Takes.VALUE, ORDERED, "is more than; after"),
        Operator("gte", Takes.VALUE, ORDERED, "is at least; on or after"),
        Operator("lt", Takes.VALUE, ORDERED, "is less than; before"),
        Operator("lte", Takes.VALUE, ORDERED, "is at most; on or before"),
        Operator("between", Takes.RANGE, ORDERED, "is from the first to the second, both included"),
        Operator(
            "contains", Takes.VALUE, _CONTAINING, "contains, in letters of any case; has it chosen"
        ),
        Operator("starts_with", Takes.VALUE, TEXTS, "starts with"),
        Operator("ends_with", Takes.VALUE, TEXTS, "ends with"),
        Operator("not_contains", Takes.VALUE, _CONTAINING, "does not; also when empty", "contains"),
    )
}


def operators(field: Field) -> tuple[str, ...]:
    """The names of those that a field takes; `eq` is the default."""
    return tuple(o.name for o in OPERATORS.values() if field.kind in o.kinds)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong below a condition: the steps of the pointer to it, a code, a sentence."""

    steps: tuple[str, ...]
    code: str
    detail: str


class Unreadable(Exception):  # noqa: N818 - it is a finding, as Problem is
    """A condition's value cannot be read; `faults` say why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


def read_values(field: Field, operator: Operator, sent: Any) -> tuple[Any, ...]:
    """The typed values of a condition from JSON's. Raises Unreadable naming each bad one."""
    match operator.takes:
        case Takes.YES_OR_NO:
            if not isinstance(sent, bool):
                raise Unreadable(Fault(("value",), "invalid", "is true or false"))
            return (sent,)
        case Takes.VALUE:
            return _each(field, [sent], listed=False)
        case Takes.RANGE:
            if not isinstance(sent, list) or len(sent) != _ENDS:
                raise Unreadable(Fault(("value",), "invalid", "is a list of two values"))
            return _each(field, sent, listed=True)
        case Takes.VALUES:
            listed = isinstance(sent, list)
            values = sent if listed else [sent]
            if not 1 <= len(values) <= _MOST_VALUES:
                detail = f"has 1 to {_MOST_VALUES} values"
                raise Unreadable(Fault(("value",), "invalid", detail))
            return _each(field, values, listed=listed)


def _each(field: Field, values: Sequence[Any], *, listed: bool) -> tuple[Any, ...]:
    read, faults = [], []
    for position, value in enumerate(values):
        try:
            read.append(read_value(field, value))
        except ValidationError as failure:
            steps = ("value", str(position)) if listed else ("value",)
            faults.append(Fault(steps, "invalid", failure.errors()[0]["msg"]))
    if faults:
        raise Unreadable(*faults)
    return tuple(read)


def read_value(field: Field, value: Any) -> Any:
    """One value as a condition on this field writes it; raises pydantic's ValidationError.

    A choice goes on being found by a name it had: whoever saved a condition need not know.
    """
    if field.picklist is not None:
        value = field.picklist.current(value)
    if isinstance(value, str):
        if field.kind is Kind.LINK and field.target == "user" and value == ME:
            return value
        if field.kind in {Kind.DATE, Kind.DATETIME}:
            named = period(value)
            if named and (field.kind is Kind.DATETIME or not named.needs_instants):
                return named
        if field.kind is Kind.DATETIME and _DAY.fullmatch(value):
            return _DAYS.validate_python(value)
    if field.kind in TEXTS:
        return _TEXT.validate_python(value)
    if field.kind is Kind.MULTISELECT:
        one = Kind.PICKLIST if field.choices else Kind.TEXT
        return adapter(replace(field, kind=one)).validate_python(value)
    return adapter(field).validate_python(value)


_TEXT: TypeAdapter[str] = adapter(Field(Kind.TEXT, max_length=2000))
_DAYS: TypeAdapter[date] = adapter(Field(Kind.DATE))


def from_text(field: Field, operator: Operator, text: str) -> Any:
    """What a query string's text stands for in JSON."""
    match operator.takes:
        case Takes.YES_OR_NO:
            return _BOOLEANS.get(text or "true", text)
        case Takes.VALUE:
            return text
        case Takes.RANGE:
            return _parts(text)
        case Takes.VALUES:
            # Free text may hold a comma of its own; so may a choice, known by the whole.
            if field.kind in TEXTS or text in field.choices:
                return text
            parts = _parts(text)
            boolean = field.kind is Kind.BOOLEAN
            return [_BOOLEANS.get(part, part) for part in parts] if boolean else parts


_BOOLEANS = {"true": True, "false": False}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]
