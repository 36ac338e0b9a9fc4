"""How many records there are of each entity."""

from pydantic import BaseModel
from sqlalchemy import func, or_, select

from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork
from services.reporting.contributions import NOBODY
from services.reporting.summaries import RECORDS


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
    seen = access.visible_owners(uow.caller, columns.owner_id)
    found = uow.session.execute(
        select(columns.entity, func.sum(columns.records).label("records"))
        .where(or_(seen, columns.owner_id == NOBODY))
        .group_by(columns.entity)
        .having(func.sum(columns.records) > 0)
        .order_by(columns.entity)
    )
    rows = [EntityCount(entity=row.entity, records=row.records) for row in found]
    return RecordCounts(rows=rows)
