"""Copies of what other services own: the newest version of each row wins, in whatever order."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from crmkit.records.reading.rendering import to_json

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def keep(
    session: Session, table: Table, rows: Iterable[Mapping[str, Any]]
) -> list[tuple[str, int]]:
    """Store rows, all columns of `table`, unless what is stored is as new or newer.

    Returns key and version of those that were news.

    One statement for all of them, in the order of their keys, so that two consumers given the same
    rows do not wait for each other in a circle.
    """
    (key,) = (column.name for column in table.primary_key)
    newest: dict[Any, Mapping[str, Any]] = {}
    for row in rows:
        held = newest.get(row[key])
        if held is None or held["version"] < row["version"]:
            newest[row[key]] = row
    if not newest:
        return []
    rows_in_json = to_json([newest[k] for k in sorted(newest)]).decode()
    found = session.execute(_statement(table), {"rows": rows_in_json})
    return [(row[0], row[1]) for row in found]


@lru_cache(maxsize=64)
def _statement(table: Table) -> TextClause:
    (key,) = (column.name for column in table.primary_key)
    names = [column.name for column in table.columns]
    typed = [f"{column.name} {column.type.compile(_DIALECT)}" for column in table.columns]
    changed = [f"{name} = excluded.{name}" for name in names if name != key]
    return text(
        f"INSERT INTO {table.name} ({', '.join(names)}) "  # noqa: S608 - names of our own tables
        f"SELECT {', '.join(names)} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
        f"AS row({', '.join(typed)}) "
        f"ON CONFLICT ({key}) DO UPDATE SET {', '.join(changed)} "
        f"WHERE {table.name}.version < excluded.version "
        f"RETURNING CAST({table.name}.{key} AS text), {table.name}.version"
    )
