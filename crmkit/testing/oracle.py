"""What each filter operator means, said a second time: over values that were read, in Python."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from crmkit.fields import Field, Kind

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT, Kind.MONEY})
Holds = Callable[[Any, Any], bool]
"""Whether an operator holds of what a field has, given one value or what stands between two."""


def _contains(held: Any, given: str) -> bool:
    if isinstance(held, list):
        return given in held
    return held is not None and given.lower() in held.lower()


def _has(held: Any, given: Any) -> bool:
    return given in held if isinstance(held, list) else bool(held == given)


MEANS: Mapping[str, Holds] = {
    "eq": _has,
    "ne": lambda held, given: not _has(held, given),
    "gt": lambda held, given: held is not None and held > given,
    "gte": lambda held, given: held is not None and held >= given,
    "lt": lambda held, given: held is not None and held < given,
    "lte": lambda held, given: held is not None and held <= given,
    "between": lambda held, given: held is not None and given[0] <= held <= given[1],
    "contains": _contains,
    "not_contains": lambda held, given: not _contains(held, given),
    "starts_with": lambda held, given: held is not None and held.lower().startswith(given.lower()),
    "ends_with": lambda held, given: held is not None and held.lower().endswith(given.lower()),
}


def comparable(field: Field, value: Any) -> Any:
    """A value as it was read, as something Python orders as PostgreSQL does."""
    if value is not None and field.kind in _NUMBERS:
        return Decimal(str(value))
    return value


def question(operator: str, values: Sequence[Any]) -> Any:
    """What to ask of a field by this operator, given what it has in some records."""
    first, last = values[0], values[-1]
    if isinstance(first, list):
        return first[0]
    if operator == "between":
        return sorted([first, last])
    if operator in {"contains", "not_contains"}:
        return first[1:-1] or first
    return first


def is_empty(value: Any) -> bool:
    """Whether nothing is there; a list that holds nothing is there."""
    return value is None or value == ""


def written(value: Any) -> str:
    """A value as a query string has it."""
    if isinstance(value, list | tuple):
        return ",".join(written(part) for part in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
