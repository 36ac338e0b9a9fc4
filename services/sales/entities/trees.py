"""Trees of records of one kind: members of an account, reports of a contact."""

from typing import Any

from sqlalchemy import func, select

from contracts.errors import FieldError, invalid
from crmkit.entity import Snapshot
from crmkit.unit_of_work import UnitOfWork


def refuse_circle(uow: UnitOfWork, record: Any, parent: str, before: Snapshot) -> None:
    """Raise Problem 422 when the link `parent` would make `record` its own ancestor.

    Moves within one kind of tree take turns: two at once could close a circle that neither sees.
    """
    parent_id = getattr(record, parent)
    if parent_id is None or not before or before.get(parent) == parent_id:
        return
    table = record.__table__
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"tree/{table.name}", 0))
    uow.session.execute(select(lock))
    above = (
        select(table.c.id, table.c[parent].label("parent"))
        .where(table.c.id == parent_id)
        .cte("above", recursive=True)
    )
    # `union` rather than `union_all`: it ends even if the stored tree already held a circle.
    above = above.union(
        select(table.c.id, table.c[parent]).join(above, table.c.id == above.c.parent)
    )
    found = uow.session.scalar(select(above.c.id).where(above.c.id == record.id))
    if found is not None:
        detail = "the record would be above itself"
        raise invalid([FieldError(f"/{parent}", "circle", detail)])
