"""What services keep of a person in tables of their own, beside the person's records."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select

from crmkit.entity import Entity
from crmkit.unit_of_work import UnitOfWork


def gather(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The rows about these records, as parts of what the person is given."""
    found: list[dict[str, Any]] = []
    for kept in entity.beside:
        if kept.shown:
            columns = [kept.table.c[name] for name in kept.shown]
            query = select(*columns).where(kept.table.c[kept.holder].in_(ids))
            for row in uow.session.execute(query.order_by(*columns)):
                values = dict(zip(kept.shown, row, strict=True))
                found.append({"entity": kept.table.name, "values": values})
    return found


def count(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> Mapping[str, int]:
    """How many rows there are about these records, by table."""
    return {
        kept.table.name: uow.session.scalar(
            select(func.count()).select_from(kept.table).where(kept.table.c[kept.holder].in_(ids))
        )
        or 0
        for kept in entity.beside
    }


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """Delete them."""
    for kept in entity.beside:
        uow.session.execute(delete(kept.table).where(kept.table.c[kept.holder].in_(ids)))
