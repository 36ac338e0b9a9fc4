"""Where the next page of a list begins: the last record's values in the list's order, opaque."""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError
from sqlalchemy import ColumnElement, and_, literal, or_

from contracts.errors import FieldError, bad_request
from crmkit.fields import Field, Kind
from crmkit.records import filters, rendering
from crmkit.records.paths import Path
from crmkit.records.value_types import UUID_PATTERN, adapter


@dataclass(frozen=True, slots=True)
class Order:
    """One key of the order; `descending` puts the empty first, ascending puts them last."""

    name: str
    path: Path
    descending: bool


def written(order: Sequence[Order], values: Sequence[Any]) -> str:
    """The cursor behind the record with these values."""
    cursor = rendering.to_json([_signature(order), *values])
    return base64.urlsafe_b64encode(cursor).decode().rstrip("=")


def read(order: Sequence[Order], text: str) -> tuple[Any, ...]:
    """The values in a cursor. Raises ValueError if it is none of a list in this order."""
    try:
        signature, *values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        values = values if signature == _signature(order) else []
        return tuple(
            None if value is None else _value(key.path.field, value)
            for key, value in zip(order, values, strict=True)
        )
    except (ValueError, TypeError, binascii.Error, ValidationError):
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
    error = FieldError("/cursor", "invalid", "is no cursor of this list")
    raise bad_request("invalid_cursor", "The cursor cannot be read.", [error])
