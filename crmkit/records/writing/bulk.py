"""Records that the suite itself writes by the hundred: one statement, and an event for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert as insert_into

from crmkit.entity import Entity
from crmkit.records.writing import telling
from crmkit.unit_of_work import UnitOfWork, new_id


def insert(entity: Entity, rows: Sequence[tuple[UnitOfWork, Mapping[str, Any]]]) -> None:
    """New records without lines, each in the name of its own unit of work of one transaction.

    For values the suite has computed: no rule is asked, no link checked, no number given.
    """
    if not rows:
        return
    entity = rows[0][0].of(entity)
    records = [{**_system(uow), **values} for uow, values in rows]
    table = entity.model.__table__
    rows[0][0].session.execute(insert_into(table), [entity.packed(r) for r in records])
    for (uow, _), record in zip(rows, records, strict=True):
        telling.tell(uow, entity, "created", before={}, after=record)


def _system(uow: UnitOfWork) -> dict[str, Any]:
    return {
        "id": new_id(),
        "version": 1,
        "created_at": uow.at,
        "modified_at": uow.at,
        "created_by": uow.caller.user_id,
        "modified_by": uow.caller.user_id,
        "source": "CRM",
    }
