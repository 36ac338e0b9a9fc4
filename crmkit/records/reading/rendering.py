"""A record as clients and events see it: every visible field, by name, in JSON's types."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import select

from crmkit.entity import Entity, per_entity
from crmkit.unit_of_work import UnitOfWork


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


@per_entity
def line_names(entity: Entity) -> tuple[str, ...]:
    """What a reader sees of a line, in order."""
    return ("id", "sequence", *entity.line_fields)


@per_entity
def readable(entity: Entity) -> dict[str, Any]:
    """What a read selects for each visible field: its column, or the computed expression."""
    computed = {name: c.expression().label(name) for name, c in entity.computed.items()}
    expressions = (*entity.tailoring.custom, *entity.following)
    own = {name: entity.columns[name].label(name) for name in expressions}
    return {**entity.columns, **own, **computed}


@per_entity
def state_columns(entity: Entity) -> tuple[Any, ...]:
    """The columns of every visible field, computed ones included."""
    return tuple(readable(entity).values())


def state(entity: Entity, record: Any) -> dict[str, Any]:
    """The full state of a loaded record as events carry it: lines included, nothing computed.

    Of an entity that knows the administrators' fields: `rendering.state(uow.of(LEAD), lead)`.
    """
    values = entity.values(record)
    if entity.line_model is not None:
        values["lines"] = [line_state(entity, line) for line in record.lines]
    return values


def answer(uow: UnitOfWork, entity: Entity, record: Any) -> dict[str, Any]:
    """The state of a record just written, as its writer reads it back."""
    values = state(entity, record)
    if entity.computed:
        columns = [readable(entity)[name] for name in entity.computed]
        query = select(*columns).where(entity.model.__table__.c.id == record.id)
        values |= uow.session.execute(query).mappings().one()
    return values


def line_state(entity: Entity, line: Any) -> dict[str, Any]:
    """One line's values by name."""
    return {name: getattr(line, name) for name in line_names(entity)}


def state_from_row(entity: Entity, row: Sequence[Any]) -> dict[str, Any]:
    """A selected row (see `state_columns`) as values by name, without lines."""
    return dict(zip(readable(entity), row, strict=False))
