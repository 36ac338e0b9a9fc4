"""How many records there are of each entity."""

from pydantic import BaseModel
from sqlalchemy import ColumnElement, false, func, or_, select, union_all

from crmkit.unit_of_work import UnitOfWork
from services.reporting import seeing
from services.reporting.contributions import NOBODY
from services.reporting.projections import fact
from services.reporting.summaries import RECORDS


class EntityCount(BaseModel):
    """Those in the recycle bin do not count."""

    entity: str
    records: int


class RecordCounts(BaseModel):
    """One row for each entity of which there is a record."""

    rows: list[EntityCount]


def records(uow: UnitOfWork) -> RecordCounts:
    """Records that the caller sees, and those that belong to nobody, by entity."""
    columns = RECORDS.table.c
    counted = uow.session.scalars(select(columns.entity).distinct()).all()
    kept = select(columns.entity, columns.records).where(
        or_(false(), *(_seen(uow, entity) for entity in counted))
    )
    ways = [way for entity in counted if (way := seeing.below(uow, entity)) is not false()]
    if ways:
        one_by_one = select(fact.c.entity, func.count()).where(or_(*ways)).group_by(fact.c.entity)
        every = union_all(kept, one_by_one).subquery()
    else:
        every = kept.subquery()
    found = uow.session.execute(
        select(every.c.entity, func.sum(every.c.records).label("records"))
        .group_by(every.c.entity)
        .having(func.sum(every.c.records) > 0)
        .order_by(every.c.entity)
    )
    rows = [EntityCount(entity=row.entity, records=row.records) for row in found]
    return RecordCounts(rows=rows)


def _seen(uow: UnitOfWork, entity: str) -> ColumnElement[bool]:
    columns = RECORDS.table.c
    theirs = seeing.by_owner(uow, entity, columns.owner_id)
    return (columns.entity == entity) & or_(theirs, columns.owner_id == NOBODY)
