"""A record as clients and events see it: every visible field, by name, in JSON's types."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from crmkit.entity import Entity


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def to_json(value: Any) -> bytes:
    """JSON with decimals as strings (design D12) and times as RFC 3339 UTC."""
    return orjson.dumps(value, default=_default, option=orjson.OPT_UTC_Z)


def to_json_types(value: Any) -> Any:
    """The same value made of JSON types only, as events and history keep it."""
    return orjson.loads(to_json(value))


@lru_cache(maxsize=512)
def _names(entity: Entity) -> tuple[str, ...]:
    return tuple(entity.fields)


@lru_cache(maxsize=512)
def _line_names(entity: Entity) -> tuple[str, ...]:
    return ("id", "sequence", *entity.line_fields)


@lru_cache(maxsize=512)
def state_columns(entity: Entity) -> tuple[Any, ...]:
    """The columns of the visible fields."""
    return tuple(entity.columns.values())


def state(entity: Entity, record: Any) -> dict[str, Any]:
    """The full state of a loaded record, lines included."""
    values = {name: getattr(record, name) for name in _names(entity)}
    if entity.line_model is not None:
        values["lines"] = [line_state(entity, line) for line in record.lines]
    return values


def line_state(entity: Entity, line: Any) -> dict[str, Any]:
    """One line's values by name."""
    return {name: getattr(line, name) for name in _line_names(entity)}


def state_from_row(entity: Entity, row: Any) -> dict[str, Any]:
    """A selected row (see `state_columns`) as values by name, without lines."""
    mapping = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for it
    return {name: mapping[name] for name in _names(entity)}
