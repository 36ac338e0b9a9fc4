"""What lies in the recycle bins, last deleted first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic import Field as Constraint
from sqlalchemy import Select, Text, cast, func, literal, select, tuple_, union_all

from crmkit.entity import Entity
from crmkit.records import access, history
from crmkit.records.deduplication import merged
from crmkit.records.reading import query, searching
from crmkit.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the bin: what `words` find, from the last deleted on, beyond `after`."""

    words: str
    limit: int
    after: tuple[datetime, str] | None


class BinQuery(query.Cut):
    """Which part of the bin is asked for."""

    q: str = Constraint(default="", description="Words to find, or their beginnings.")


class Binned(BaseModel):
    """One record in the bin; `deleted_by` is the id of who put it there."""

    entity: str
    plural: str
    id: str
    number: str | None
    label: str
    deleted_at: datetime
    deleted_by: str | None


class Bin(BaseModel):
    """A page of it, last deleted first."""

    items: list[Binned]
    next_cursor: str | None


def found(uow: UnitOfWork, entities: Iterable[Entity], wanted: Wanted) -> list[dict[str, Any]]:
    """What lies in the bins of `entities` and the caller may restore, last deleted first.

    One more than `wanted.limit` if there is more.
    """
    bins = [
        _bin(uow, entity, wanted).limit(wanted.limit + 1).subquery()
        for entity in entities
        if access.may_ever(entity, uow.caller, "delete")
    ]
    if not bins:
        return []
    binned = union_all(*(select(one) for one in bins)).subquery()
    order = (binned.c.deleted_at.desc(), binned.c.id.desc())
    query = select(binned, _deleted_by(binned)).order_by(*order).limit(wanted.limit + 1)
    names = Binned.model_fields
    return [dict(zip(names, row, strict=True)) for row in uow.session.execute(query)]


def _bin(uow: UnitOfWork, entity: Entity, wanted: Wanted) -> Select[Any]:
    table = entity.model.__table__
    words = (cast(table.c[name], Text) for name in entity.label)
    query = select(
        literal(entity.name).label("entity"),
        literal(entity.plural).label("plural"),
        table.c.id,
        table.c.number,
        func.concat_ws(" ", *words).label("label"),
        table.c.deleted_at,
    ).where(
        table.c.deleted_at.is_not(None),
        ~merged.is_merged(table),
        access.visible(entity, uow.caller, "delete"),
    )
    if wanted.words:
        query = query.where(
            searching.matching(entity, wanted.words),
            searching.in_what_is_seen(uow, entity, wanted.words),
        )
    if wanted.after is not None:
        last = tuple_(literal(wanted.after[0]), literal(wanted.after[1], table.c.id.type))
        query = query.where(tuple_(table.c.deleted_at, table.c.id) < last)
    return query.order_by(table.c.deleted_at.desc(), table.c.id.desc())


def _deleted_by(binned: Any) -> Any:
    told = history.history.c
    who = select(told.actor_id).where(told.record_id == binned.c.id, told.fact == "deleted")
    return who.order_by(told.seq.desc()).limit(1).scalar_subquery().label("deleted_by")
