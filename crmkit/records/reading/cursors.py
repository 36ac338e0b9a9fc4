"""Where the next page of a list begins: the last record's values in the list's order, opaque."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_

from contracts.errors import FieldError
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import filters
from crmkit.records.reading import paths, places
from crmkit.records.reading.paths import Path
from crmkit.records.writing.value_types import UUID_PATTERN, adapter
from crmkit.unit_of_work import UnitOfWork

_MOST_KEYS = 5


@dataclass(frozen=True, slots=True)
class Order:
    """One key of the order; `descending` puts the empty first, ascending puts them last."""

    name: str
    path: Path
    descending: bool


def order(
    uow: UnitOfWork, entity: Entity, text: str, errors: list[FieldError]
) -> tuple[Order, ...]:
    """The keys in `-created_at,name`, and ids after them; what is wrong goes into `errors`."""
    keys: list[Order] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        name = part.removeprefix("-")
        path = paths.find(uow.seen, uow.shown(entity), name)
        if path is None or path.field.kind in {Kind.JSON, Kind.MULTISELECT}:
            errors.append(FieldError("/sort", "unknown_field", f"cannot sort by {name!r}"))
        else:
            keys.append(Order(name, path, part.startswith("-")))
    if len(keys) > _MOST_KEYS:
        errors.append(FieldError("/sort", "too_many", f"at most {_MOST_KEYS} fields"))
    if not any(key.name == "id" for key in keys):
        # Ids are ordered by time, so without any other wish the newest come first.
        descending = not keys or keys[-1].descending
        keys.append(Order("id", paths.of(uow.entities, entity, "id"), descending))
    return tuple(keys)


def written(order: Sequence[Order], values: Sequence[Any]) -> str:
    """The cursor behind the record with these values."""
    return places.written(_signature(order), *values)


def read(order: Sequence[Order], text: str) -> tuple[Any, ...]:
    """The values in a cursor. Raises ValueError if it is none of a list in this order."""
    try:
        signature, *values = places.read(text)
        values = values if signature == _signature(order) else []
        return tuple(
            None if value is None else _value(key.path.field, value)
            for key, value in zip(order, values, strict=True)
        )
    except (ValueError, TypeError):
        raise ValueError(text) from None


def _signature(order: Sequence[Order]) -> str:
    return ",".join(f"{'-' * key.descending}{key.name}" for key in order)


def _value(field: Field, value: Any) -> Any:
    """A value as a cursor carries it: as it is kept, not as people send it."""
    if field.kind in filters.TEXTS or field.kind is Kind.PICKLIST:
        return adapter(Field(Kind.LONG_TEXT)).validate_python(value)
    if field.kind is Kind.BOOLEAN:
        return adapter(field).validate_python(value)
    return adapter(field).validate_python(str(value))


def sorting(
    order: Sequence[Order], columns: Sequence[ColumnElement[Any]]
) -> Iterator[ColumnElement[Any]]:
    """What an ORDER BY names for this order, by the columns of its keys."""
    for key, column in zip(order, columns, strict=True):
        yield column.desc() if key.descending else column.asc()


def beyond(
    order: Sequence[Order], columns: Sequence[Any], after: Sequence[Any]
) -> ColumnElement[bool]:
    """The rows after these values in this order; PostgreSQL sorts NULL as the largest."""
    alternatives = []
    for position, (key, column, value) in enumerate(zip(order, columns, after, strict=True)):
        if value is None:
            if not key.descending:
                continue
            further = column.is_not(None)
        elif key.descending:
            further = column < literal(value, column.type)
        else:
            further = or_(column > literal(value, column.type), column.is_(None))
        same = [
            earlier.is_not_distinct_from(held) if held is None else earlier == held
            for earlier, held in zip(columns[:position], after[:position], strict=True)
        ]
        alternatives.append(and_(*same, further))
    return or_(*alternatives)


def place(arguments: Iterable[tuple[str, str]]) -> str | None:
    """The `cursor` of a list that goes on after the id it names. Raises Problem 400."""
    cursor = dict(arguments).get("cursor")
    if cursor is None or re.fullmatch(UUID_PATTERN, cursor):
        return cursor
    raise places.unreadable()
