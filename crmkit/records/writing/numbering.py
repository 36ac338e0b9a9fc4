"""The numbers people call records by: a prefix and a counter for each entity, without gaps."""

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
    "INSERT INTO numbering (entity, prefix, next) VALUES (:entity, :prefix, 2) "
    "ON CONFLICT (entity) DO UPDATE SET next = numbering.next + 1 RETURNING prefix, next"
)


def take(uow: UnitOfWork, entity: Entity) -> str:
    """The next number (spec 1.0: `LEA1`, `LEA2`, …).

    The counter's row stays locked until the transaction ends, so the engine asks for the number
    as late as it can; a transaction that fails gives its number back.
    """
    given = {"entity": entity.name, "prefix": entity.prefix}
    prefix, following = uow.session.execute(_TAKE, given).one()
    return f"{prefix}{following - 1}"
