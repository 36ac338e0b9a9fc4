"""Records of several entities in one list, each by the name that people call it."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, Text, cast, func, literal, select, union_all

from crmkit.entity import Entity
from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork


class Named(BaseModel):
    """A record as people name it."""

    entity: str
    plural: str
    id: str
    number: str | None
    label: str


class NamedPage(BaseModel):
    """Some of them, the newest record first; `next_cursor` is null when there are no more."""

    items: list[Named]
    next_cursor: str | None


Choice = Callable[[Entity, ColumnElement[str]], ColumnElement[bool]]
"""The clause that is true for the records wanted, given their entity and its id column."""


def page(
    uow: UnitOfWork, wanted: Choice, *, limit: int, cursor: str | None = None
) -> dict[str, Any]:
    """The records of this service that are wanted and that the caller sees, in one statement.

    `cursor` is the id that the page before ended with.
    """
    everything = [_named(uow, entity, wanted) for entity in viewable(uow)]
    if not everything:
        return {"items": [], "next_cursor": None}
    found = union_all(*everything).subquery()
    query = select(found).order_by(found.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(found.c.id < cursor)
    rows = uow.session.execute(query).all()
    items = [
        {
            "entity": row.entity,
            "plural": uow.entities[row.entity].plural,
            "id": row.id,
            "number": row.number,
            "label": row.label,
        }
        for row in rows[:limit]
    ]
    more = len(rows) > limit
    return {"items": items, "next_cursor": items[-1]["id"] if more else None}


def viewable(uow: UnitOfWork) -> list[Entity]:
    """The entities of this service of which the caller may see some record."""
    found = uow.entities.values()
    return [entity for entity in found if access.may_ever(entity, uow.caller, "view")]


def label(entity: Entity) -> ColumnElement[str]:
    """SQL: how people name a record, as `Entity.label_of` does."""
    parts = [func.nullif(cast(entity.columns[name], Text), "") for name in entity.label]
    return func.concat_ws(" ", *parts)


def _named(uow: UnitOfWork, entity: Entity, wanted: Choice) -> Select[Any]:
    table = entity.model.__table__
    return select(
        literal(entity.name).label("entity"),
        table.c.id,
        table.c.number,
        label(entity).label("label"),
    ).where(
        wanted(entity, table.c.id),
        table.c.deleted_at.is_(None),
        access.visible(entity, uow.caller),
    )
