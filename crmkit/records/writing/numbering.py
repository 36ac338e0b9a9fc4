"""The numbers people call records by: a prefix and a counter for each entity, without gaps."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Table, Text, text

from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.unit_of_work import UnitOfWork

numbering = Table(
    "numbering",
    KIT,
    Column("entity", Text, primary_key=True),
    Column("prefix", Text, nullable=False),
    Column("next", BigInteger, nullable=False),
)


_TAKE = text(
    "INSERT INTO numbering (entity, prefix, next) SELECT entity, prefix, 2 "
    "FROM unnest(CAST(:entities AS text[]), CAST(:prefixes AS text[])) AS wanted(entity, prefix) "
    "ORDER BY entity ON CONFLICT (entity) DO UPDATE SET next = numbering.next + 1 "
    "RETURNING entity, prefix, next"
)
_TAKE_MANY = text(
    "INSERT INTO numbering (entity, prefix, next) VALUES (:entity, :prefix, 1 + :count) "
    "ON CONFLICT (entity) DO UPDATE SET next = numbering.next + :count RETURNING prefix, next"
)


def take(uow: UnitOfWork, entity: Entity) -> str:
    """The next number (spec 1.0: `LEA1`, `LEA2`, …).

    The counter's row stays locked until the transaction ends, so the engine asks for the number
    as late as it can; a transaction that fails gives its number back.
    """
    return take_each(uow, [entity])[entity.name]


def take_each(uow: UnitOfWork, entities: Sequence[Entity]) -> dict[str, str]:
    """The next number of each, by the entity's name, for an action that makes one of each."""
    names, prefixes = [e.name for e in entities], [e.prefix for e in entities]
    rows = uow.session.execute(_TAKE, {"entities": names, "prefixes": prefixes})
    return {name: f"{prefix}{following - 1}" for name, prefix, following in rows}


def take_many(uow: UnitOfWork, entity: Entity, count: int) -> list[str]:
    """The next `count` numbers of one entity."""
    given = {"entity": entity.name, "prefix": entity.prefix, "count": count}
    prefix, following = uow.session.execute(_TAKE_MANY, given).one()
    return [f"{prefix}{number}" for number in range(following - count, following)]
