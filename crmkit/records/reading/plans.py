"""How PostgreSQL means to find records, without finding them."""

from typing import Any

from sqlalchemy import (
    ClauseElement,
    CompoundSelect,
    Executable,
    Select,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session


class _Explained(Executable, ClauseElement):
    """EXPLAIN of a query, so that its values reach PostgreSQL as those of the query would."""

    inherit_cache = False

    def __init__(self, query: Select[Any] | CompoundSelect[Any]) -> None:
        self.query = query


@compiles(_Explained)
def _written(explained: _Explained, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(explained.query, **options)}"


def plan(session: Session, query: Select[Any] | CompoundSelect[Any]) -> dict[str, Any]:
    """The plan's topmost step, with the steps below it in `Plans`."""
    # Of its own columns SQLAlchemy would read the one that EXPLAIN answers as if it were the first.
    unread: Select[Any] = select(literal_column("1")).select_from(query.subquery())
    found: dict[str, Any] = session.execute(_Explained(unread)).scalar_one()[0]["Plan"]
    return found


def count(session: Session, query: Select[Any], *, exact: bool) -> int:
    """How many rows a query finds; by estimate as cheap over millions of records as over ten."""
    if not exact:
        return int(plan(session, query)["Plan Rows"])
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
