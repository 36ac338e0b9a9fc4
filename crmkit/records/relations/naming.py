"""Records of several entities in one list, each by the name that people call it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, Text, cast, func, literal, select, union_all

from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.principals import principal
from crmkit.records.relations.links import linked_record
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


def joined(names: Sequence[str], values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    """SQL: the parts of a name one after the other, out of functions that PostgreSQL takes in an
    index, which `label` is not; a part that is empty leaves its space.
    """
    found: ColumnElement[Any] = literal("", Text)
    for name in names:
        found = found + " " + func.coalesce(cast(values[name], Text), "")
    return found


def labels(uow: UnitOfWork, wanted: Mapping[str, Collection[str]]) -> dict[tuple[str, str], str]:
    """How people call these records, by entity and id, in one statement; `wanted` is by entity.

    Those of this service that are deleted or that the caller does not see are left out.
    """
    each = [_labels(uow, target, ids) for target, ids in sorted(wanted.items()) if ids]
    if not each:
        return {}
    return {(row[0], row[1]): row[2] for row in uow.session.execute(union_all(*each))}


def _labels(uow: UnitOfWork, target: str, ids: Collection[str]) -> Select[Any]:
    own = uow.entities.get(target)
    if own is not None:
        columns = own.model.__table__.c
        query = select(literal(target), columns.id, label(own))
        seen = columns.deleted_at.is_(None) & access.visible(own, uow.caller)
        return query.where(columns.id.in_(ids), seen)
    if target == "user":
        query = select(literal(target), principal.c.user_id, principal.c.display_name)
        return query.where(principal.c.user_id.in_(ids))
    query = select(literal(target), linked_record.c.record_id, linked_record.c.label)
    return query.where(
        linked_record.c.record_id.in_(ids),
        linked_record.c.entity == target,
        linked_record.c.deleted.is_(False),
    )


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
