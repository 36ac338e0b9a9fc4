"""Records that nobody else may change until the transaction ends, with the lines they have now."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import FromClause, Label, Row, Select, select
from sqlalchemy.orm import joinedload, selectinload

from crmkit.entity import Entity
from crmkit.unit_of_work import UnitOfWork


def locked(uow: UnitOfWork, entity: Entity, query: Select[Any]) -> Sequence[Row[Any]]:
    """The rows of `query`, a select of the entity's model, with their records locked.

    Lines come in the same statement. Where that had to wait for a lock, the record is as its last
    writer left it, but the lines are as they were when the statement began (PostgreSQL, "Read
    Committed Isolation Level"). Every change of a line is one of its record's version too, so the
    version that the statement began with tells, and what has changed meanwhile is read again.
    """
    table = entity.model.__table__
    query = query.with_for_update(of=table)
    if entity.line_model is None:
        return uow.session.execute(query).all()
    query = query.add_columns(_began_with(table)).options(joinedload(entity.model.lines))
    rows = uow.session.execute(query).unique().all()
    late = [row[0].id for row in rows if row.began_with != row[0].version]
    if late:
        now = select(entity.model).options(selectinload(entity.model.lines))
        now = now.where(table.c.id.in_(late)).execution_options(populate_existing=True)
        uow.session.scalars(now).all()
    return rows


@cache
def _began_with(table: FromClause) -> Label[int]:
    """The version that a record has for who read before any lock was waited for."""
    began = table.alias("began")
    version = select(began.c.version).where(began.c.id == table.c.id)
    return version.scalar_subquery().label("began_with")
