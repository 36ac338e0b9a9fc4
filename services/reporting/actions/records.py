"""How many records there are of each entity."""

from pydantic import BaseModel
from sqlalchemy import ColumnElement, false, func, or_, select

from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork
from services.reporting.contributions import NOBODY
from services.reporting.summaries import RECORDS

_FOLLOWING = {"contact": "account", "email": "account"}
"""What is shared as another module is."""


class EntityCount(BaseModel):
    """Those in the recycle bin do not count."""

    entity: str
    records: int


class RecordCounts(BaseModel):
    """One row for each entity of which there is a record."""

    rows: list[EntityCount]


def records(uow: UnitOfWork) -> RecordCounts:
    """Records of the owners the caller sees, and those that belong to nobody, by entity."""
    columns = RECORDS.table.c
    counted = uow.session.scalars(select(columns.entity).distinct()).all()
    found = uow.session.execute(
        select(columns.entity, func.sum(columns.records).label("records"))
        .where(or_(false(), *(_seen(uow, entity) for entity in counted)))
        .group_by(columns.entity)
        .having(func.sum(columns.records) > 0)
        .order_by(columns.entity)
    )
    rows = [EntityCount(entity=row.entity, records=row.records) for row in found]
    return RecordCounts(rows=rows)


def _seen(uow: UnitOfWork, entity: str) -> ColumnElement[bool]:
    columns = RECORDS.table.c
    follows = _FOLLOWING.get(entity, "")
    theirs = access.visible_of(entity, uow.caller, columns.owner_id, follows=follows)
    return (columns.entity == entity) & or_(theirs, columns.owner_id == NOBODY)
