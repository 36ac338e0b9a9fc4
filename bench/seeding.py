"""A hundred thousand records in seconds: made by the API, then copied in the database.

The copies' events, where wanted, take the usual way, so that the other services know of them too.
"""

import json
from contextlib import closing
from typing import Any

from psycopg2 import sql
from psycopg2.extras import execute_values
from sqlalchemy.engine import make_url
from uuid_utils import uuid7

from contracts.services import SERVICE_PORTS
from tandem.acceptance.stage import Stage
from tandem.provision import connect

_AT_ONCE = 5000
_COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_name = %s AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'number')
"""


def multiply(stage: Stage, table: str, record_id: str, times: int, *, told: bool) -> None:
    """Copy a record of sales so many times, and the event of its creation if it is to be `told`.

    Only in the suite of one process, whose PostgreSQL lets the machine's own users in.
    """
    with closing(connect(url(stage, "sales"))) as connection, connection.cursor() as cursor:
        names = columns(cursor, table)
        cursor.execute(
            "SELECT type, convert_from(body, 'UTF8') FROM outbox "
            "WHERE convert_from(body, 'UTF8') LIKE %s ORDER BY seq LIMIT 1",
            (f"%{record_id}%",),
        )
        event_type, body = cursor.fetchone()
        for start in range(0, times, _AT_ONCE):
            ids = [str(uuid7()) for _ in range(start, min(start + _AT_ONCE, times))]
            _copy_rows(cursor, table, names, record_id, ids)
            if not told:
                continue
            events = [_copy(json.loads(body), record_id, copy) for copy in ids]
            execute_values(
                cursor,
                "INSERT INTO outbox (id, type, body) VALUES %s",
                [(event["id"], event_type, json.dumps(event).encode()) for event in events],
            )


def columns(cursor: Any, table: str) -> list[str]:
    """The columns that copies of a record share."""
    cursor.execute(_COLUMNS, (table,))
    return [name for (name,) in cursor.fetchall()]


def tidy(stage: Stage) -> None:
    """Vacuum and analyse now what PostgreSQL would get round to while requests are measured."""
    for service in SERVICE_PORTS:
        with closing(connect(url(stage, service))) as connection:
            connection.cursor().execute("VACUUM ANALYZE")
    with closing(connect(url(stage, "sales"))) as connection:
        connection.cursor().execute("CHECKPOINT")


def url(stage: Stage, service: str) -> str:
    """Of a service's database, for somebody who may do anything there."""
    name = f"{stage.prefix}{service}"
    if stage.pg_url:
        return make_url(stage.pg_url).set(database=name).render_as_string(hide_password=False)
    socket = (stage.var / "postgres" / "postmaster.pid").read_text().split("\n")[4]
    return f"postgresql://postgres@/{name}?host={socket}"


def _copy_rows(cursor: Any, table: str, names: list[str], source: str, ids: list[str]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} (id, number, {columns}) "
            "SELECT copy, 'COPY-' || copy, {columns} FROM {table}, unnest(%s::uuid[]) AS copy "
            "WHERE id = %s"
        ).format(table=sql.Identifier(table), columns=columns),
        (ids, source),
    )


def _copy(event: dict[str, Any], source: str, copy: str) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(event).replace(source, copy))
    copied["id"] = str(uuid7())
    return copied
