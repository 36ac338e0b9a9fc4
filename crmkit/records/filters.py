"""What `filter[field][operator]=value` means, type by type; every bad filter is named at once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, and_

from contracts.errors import FieldError
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records.value_types import adapter

TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.SKYPE})
"""What people type freely: looked into, and never a list of choices."""
_ORDERED = frozenset(
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
_BOUNDS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}
_PATTERNS: Mapping[str, Callable[[Any, str], ColumnElement[bool]]] = {
    "contains": lambda column, text: column.icontains(text, autoescape=True),
    "starts_with": lambda column, text: column.istartswith(text, autoescape=True),
    "ends_with": lambda column, text: column.iendswith(text, autoescape=True),
}


def operators(field: Field) -> tuple[str, ...]:
    """The operators a field takes, `eq` (one of a comma-separated list) being the default."""
    if field.kind is Kind.JSON:
        return ("empty",)
    if field.kind is Kind.MULTISELECT:
        return ("contains", "empty")
    names = ["eq", "ne", "empty"]
    if field.kind in _ORDERED:
        names += _BOUNDS
    if field.kind in TEXTS:
        names += _PATTERNS
    return tuple(names)


def where(
    entity: Entity, conditions: Iterable[tuple[str, str, str]]
) -> tuple[list[ColumnElement[bool]], list[FieldError]]:
    """The clauses of `(field, operator, text)` conditions that must all hold; and what is wrong."""
    clauses: list[ColumnElement[bool]] = []
    errors: list[FieldError] = []
    for name, operator, text in conditions:
        pointer = f"/filter/{name}/{operator}"
        field = entity.fields.get(name)
        if field is None:
            detail = f"{entity.name} has no field {name!r} to filter by"
            errors.append(FieldError(pointer, "unknown_field", detail))
        elif operator not in operators(field):
            detail = f"a {field.kind} field takes {', '.join(operators(field))}"
            errors.append(FieldError(pointer, "unknown_operator", detail))
        else:
            try:
                clauses.append(_clause(entity.columns[name], field, operator, text))
            except ValidationError as failure:
                detail = failure.errors()[0]["msg"]
                errors.append(FieldError(pointer, "invalid", detail))
    return clauses, errors


def _clause(column: Any, field: Field, operator: str, text: str) -> ColumnElement[bool]:
    if operator == "empty":
        wanted = adapter(Field(Kind.BOOLEAN)).validate_json(text or "true", strict=True)
        return _empty(column, field) if wanted else ~_empty(column, field)
    if field.kind is Kind.MULTISELECT:
        chosen_ones = adapter(field).validate_python([text])
        return column.contains(chosen_ones)  # type: ignore[no-any-return]
    if operator in _PATTERNS:
        return _PATTERNS[operator](column, text)
    if operator in _BOUNDS:
        return _BOUNDS[operator](column, read_value(field, text))
    values = [read_value(field, part.strip()) for part in _parts(field, text)]
    if operator == "ne":
        return and_(*(column.is_distinct_from(value) for value in values))
    chosen: ColumnElement[bool] = column == values[0] if len(values) == 1 else column.in_(values)
    return chosen


def _parts(field: Field, text: str) -> list[str]:
    # Free text may hold a comma of its own; so may a choice of a picklist, known by the whole.
    if field.kind in TEXTS or text in field.choices:
        return [text]
    return text.split(",")


def _empty(column: Any, field: Field) -> ColumnElement[bool]:
    if field.kind in TEXTS:
        return column.is_(None) | (column == "")  # type: ignore[no-any-return]
    return column.is_(None)  # type: ignore[no-any-return]


def read_value(field: Field, text: str) -> Any:
    """One value of this field from the text of a URL; raises pydantic's ValidationError."""
    if field.kind is Kind.BOOLEAN:
        return adapter(field).validate_json(text, strict=True)
    if field.kind in TEXTS:
        return adapter(Field(Kind.TEXT, max_length=2000)).validate_python(text)
    return adapter(field).validate_python(text)
