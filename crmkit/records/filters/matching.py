"""Conditions decided in Python on the values of one record, exactly as SQL decides them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crmkit.fields import Field, Kind
from crmkit.records.filters.dates import Span, Viewpoint
from crmkit.records.filters.operators import ORDERED, TEXTS, Operator
from crmkit.records.filters.spans import meant, span


def holds(
    field: Field, operator: Operator, values: Sequence[Any], held: Any, seen: Viewpoint
) -> bool:
    """Whether the condition holds of a field that holds `held`, None when it is empty."""
    affirmed = held is not None and _held(field, operator.asked, values, held, seen)
    return affirmed != operator.denies(values)


def _held(field: Field, operator: str, values: Sequence[Any], held: Any, seen: Viewpoint) -> bool:
    if operator == "empty":
        return bool(held) or field.kind not in {*TEXTS, Kind.MULTISELECT}
    if field.kind is Kind.MULTISELECT:
        return any(value in held for value in values)
    if operator in _PATTERNS:
        return _PATTERNS[operator](_lower(held), _lower(values[0]))
    if field.kind in ORDERED:
        return _compared(held, operator, [span(field, value, seen) for value in values])
    return held in [meant(value, seen) for value in values]


_PATTERNS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda held, text: text in held,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}


def _lower(text: str) -> str:
    """Letter by letter, as PostgreSQL does it: a letter never becomes two."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _compared(held: Any, operator: str, spans: Sequence[Span]) -> bool:
    first, last = spans[0], spans[-1]
    match operator:
        case "eq":
            return any(s.low <= held and _up_to(held, s) for s in spans)
        case "gt":
            return bool(held >= first.high if first.open else held > first.high)
        case "gte":
            return bool(held >= first.low)
        case "lt":
            return bool(held < first.low)
        case "lte":
            return _up_to(held, first)
        case _:
            return bool(first.low <= held) and _up_to(held, last)


def _up_to(held: Any, covered: Span) -> bool:
    return bool(held < covered.high if covered.open else held <= covered.high)
