"""Lists of what is no record of its own: sign-ins, sessions, keys, acts; the newest first."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import ColumnElement, Table, select

from crmkit.records.reading import places
from crmkit.records.store import is_id
from crmkit.unit_of_work import UnitOfWork


class Listed(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Constraint(default=25, ge=1, le=200)
    cursor: str | None = None


def newest_first(
    uow: UnitOfWork,
    table: Table,
    shape: type[BaseModel],
    which: ColumnElement[bool],
    wish: Listed,
) -> dict[str, Any]:
    """`items`, as `shape` has them, and `next_cursor`; ids tell when the rows were made.

    Raises Problem 400 for a cursor of another list.
    """
    shown = [table.c[name].label(name) for name in shape.model_fields]
    query = select(*shown).where(which).order_by(table.c.id.desc()).limit(wish.limit + 1)
    if wish.cursor is not None:
        if not is_id(wish.cursor):
            raise places.unreadable()
        query = query.where(table.c.id < wish.cursor)
    rows = [row._asdict() for row in uow.session.execute(query)]
    items = rows[: wish.limit]
    return {"items": items, "next_cursor": items[-1]["id"] if len(rows) > wish.limit else None}
