"""The numbers people call records by: a prefix and a counter for each entity, without gaps."""

from sqlalchemy import BigInteger, Column, Table, Text
from sqlalchemy.dialects.postgresql import insert

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


def take(uow: UnitOfWork, entity: Entity) -> str:
    """The next number (spec 1.0: `LEA1`, `LEA2`, …).

    The counter's row stays locked until the transaction ends, so the engine asks for the number
    as late as it can; a transaction that fails gives its number back.
    """
    new = insert(numbering).values(entity=entity.name, prefix=entity.prefix, next=2)
    statement = new.on_conflict_do_update(
        index_elements=["entity"], set_={"next": numbering.c.next + 1}
    ).returning(numbering.c.prefix, numbering.c.next)
    prefix, following = uow.session.execute(statement).one()
    return f"{prefix}{following - 1}"
