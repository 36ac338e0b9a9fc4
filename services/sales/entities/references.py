"""A record that others point at stays: deleting it would leave their links hanging."""

from typing import Any

from sqlalchemy import literal, select, union_all

from contracts.errors import refused
from crmkit.entity import Guard
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base


def kept_while_used_by(*references: str) -> Guard:
    """Refuse the recycle bin to a record that one of `references` (`table.column`) points at.

    Records in the bin do not count. The refusal is Problem 409 `record_in_use` and names who
    points at it.
    """

    def guard(uow: UnitOfWork, record: Any) -> None:
        users = []
        for reference in references:
            table_name, column = reference.split(".")
            table = Base.metadata.tables[table_name]
            users.append(
                select(literal(table_name))
                .where(table.c[column] == record.id, table.c.deleted_at.is_(None))
                .limit(1)
                .subquery()
            )
        found = uow.session.scalars(union_all(*(select(user) for user in users))).all()
        if found:
            names = sorted({name.replace("_", " ") for name in found})
            detail = f"Other records still point at this one: {', '.join(names)}."
            raise refused("record_in_use", detail, used_by=sorted(set(found)))

    return guard
