"""Records that the suite itself writes by the hundred: one statement, and an event for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert as insert_into

from crmkit.entity import Entity
from crmkit.records import rendering
from crmkit.unit_of_work import UnitOfWork, new_id

_BOOKKEEPING = frozenset(
    {"id", "version", "created_at", "modified_at", "created_by", "modified_by"}
)


def insert(entity: Entity, rows: Sequence[tuple[UnitOfWork, Mapping[str, Any]]]) -> None:
    """New records without lines, each in the name of its own unit of work of one transaction.

    For values the suite has computed: no rule is asked, no link checked, no number given.
    """
    if not rows:
        return
    records = [{**_system(uow), **values} for uow, values in rows]
    rows[0][0].session.execute(insert_into(entity.model.__table__), records)
    for (uow, _), record in zip(rows, records, strict=True):
        tell(uow, entity, "created", before={}, after=record)


def tell(
    uow: UnitOfWork,
    entity: Entity,
    fact: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Journal a row that a statement of the suite's own has written."""
    record: dict[str, Any] = {name: after.get(name) for name in entity.fields}
    changes = {
        name: (before.get(name), value)
        for name, value in record.items()
        if name not in _BOOKKEEPING and before.get(name) != value
    }
    data = {"record": record, "changes": changes, "deleted": False}
    uow.tell(entity.name, record["id"], fact, record["version"], rendering.to_json_types(data))


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
