"""Indexes that settings ask for: made and dropped while everybody goes on reading and writing."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crmkit.config import Settings
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.unit_of_work import UnitOfWork

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_LOCK = 0x696E6465786573  # "indexes"
_LONGEST_NAME = 63
_OUTSIDE_THE_BIN = "WHERE deleted_at IS NULL"
_NOT_INDEXED = frozenset({Kind.LONG_TEXT, Kind.JSON, Kind.BOOLEAN})

_WANT = text(
    "INSERT INTO wanted_index (name, record_table, definition) "
    "VALUES (:name, :table, :definition) ON CONFLICT (name) DO UPDATE "
    "SET definition = excluded.definition, wanted = true, problem = NULL, not_before = now()"
)
_UNWANT = text("UPDATE wanted_index SET wanted = false, not_before = now() WHERE name = :name")
_WANT_NEWEST = text("""
    INSERT INTO wanted_index AS held (name, record_table, definition)
    VALUES (:name, :table, :definition)
    ON CONFLICT (name) DO UPDATE SET wanted = true, not_before = now() WHERE NOT held.wanted
""")
_UNWANT_FORMER = text("""
    UPDATE wanted_index SET wanted = false, not_before = now()
    WHERE starts_with(name, :beginning) AND name <> :name AND wanted AND EXISTS (
        SELECT 1 FROM pg_class AS c JOIN pg_index AS i ON i.indexrelid = c.oid
        WHERE c.relname = :name AND c.relnamespace = current_schema()::regnamespace
        AND i.indisvalid)
""")
_LEND = text("""
    INSERT INTO wanted_index AS held (name, record_table, definition, wanted_until)
    VALUES (:name, :table, :definition, now() + :long)
    ON CONFLICT (name) DO UPDATE SET wanted = true, wanted_until = now() + :long
""")
_TAKE_BACK = text(
    "UPDATE wanted_index SET wanted = false, not_before = now() "
    "WHERE wanted AND wanted_until < now()"
)
_FIND = text("""
    SELECT w.name, w.record_table, w.definition, w.wanted, i.indisvalid AS valid
    FROM wanted_index AS w
    LEFT JOIN pg_class AS c ON c.relname = w.name AND c.relkind = 'i'
        AND c.relnamespace = current_schema()::regnamespace
    LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
    WHERE w.not_before <= now() AND NOT (w.wanted AND coalesce(i.indisvalid, false))
    ORDER BY w.name
""")
_POSTPONE = text(
    "UPDATE wanted_index SET problem = :problem, not_before = now() + interval '10 minutes' "
    "WHERE name = :name"
)
_FORGET = text("DELETE FROM wanted_index WHERE name = :name AND NOT wanted")

LENT = timedelta(days=7)
"""For so long an index stands that nobody has asked for since."""

_log = structlog.get_logger("tandem.indexes")


def keep(uow: UnitOfWork, entity: Entity, name: str) -> None:
    """Have lists filtered and sorted by this field from an index, once `tend` has made it."""
    field = entity.fields[name]
    if field.kind in _NOT_INDEXED:
        return
    expression = _sql(entity, name)
    how = f"USING gin (({expression}) jsonb_path_ops)"
    if field.kind is not Kind.MULTISELECT:
        how = f"(({expression}), id)"
    how = f"{how} {_OUTSIDE_THE_BIN}"
    _want(uow, entity, _name("ix", entity, name), f"INDEX {{name}} ON {{table}} {how}")


def keep_unique(uow: UnitOfWork, entity: Entity, name: str, *, wanted: bool) -> None:
    """Have PostgreSQL itself refuse two records with one value, or no longer."""
    unique = name_of_unique(entity, name)
    if wanted:
        how = f"UNIQUE INDEX {{name}} ON {{table}} (({_sql(entity, name)})) {_OUTSIDE_THE_BIN}"
        _want(uow, entity, unique, how)
    else:
        uow.session.execute(_UNWANT, {"name": unique})


def keep_expression(
    uow: UnitOfWork, entity: Entity, purpose: str, expression: ColumnElement[Any] | None
) -> None:
    """Have records found by this expression over their columns; None: no longer.

    Those in the bin too: PostgreSQL would not use what it has learnt of a partial index's
    expression, expect each of many values to be that of thousands, and read the whole table.
    """
    name = f"ix_{entity.model.__table__.name}_{purpose}"[:_LONGEST_NAME]
    if expression is None:
        uow.session.execute(_UNWANT, {"name": name})
        return
    definition = f"INDEX {{name}} ON {{table}} (({written(expression)}))"
    _want(uow, entity, name, definition)


def keep_newest(session: Session, entity: Entity, purpose: str, mark: str, how: str) -> None:
    """Have an index made as `how` says, and one of another `mark` dropped when this one stands."""
    table = entity.model.__table__.name
    beginning = f"ix_{table}_{purpose}_"
    name = f"{beginning}{mark}"
    definition = f"INDEX {{name}} ON {{table}} {how} {_OUTSIDE_THE_BIN}"
    session.execute(_WANT_NEWEST, {"name": name, "table": table, "definition": definition})
    session.execute(_UNWANT_FORMER, {"name": name, "beginning": beginning})


def lend(session: Session, table: Table, expression: ColumnElement[Any]) -> None:
    """Have rows found by this expression for `LENT` from now on, and longer if it is lent again."""
    how = f"(({written(expression)}))"
    name = f"ix_{table.name}_lent_{hashlib.sha256(how.encode()).hexdigest()[:8]}"
    definition = f"INDEX {{name}} ON {{table}} {how}"
    given = {"name": name, "table": table.name, "definition": definition, "long": LENT}
    session.execute(_LEND, given)


def written(expression: ColumnElement[Any]) -> str:
    """An expression over a table's columns, as an index of this table has it."""
    how = {"include_table": False, "literal_binds": True}
    return str(expression.compile(dialect=_DIALECT, compile_kwargs=how))


def drop(uow: UnitOfWork, entity: Entity, name: str) -> None:
    """Have no index on this field any more."""
    for kind in ("ix", "uq"):
        uow.session.execute(_UNWANT, {"name": _name(kind, entity, name)})


def name_of_unique(entity: Entity, name: str) -> str:
    """What PostgreSQL calls the index that stood against a value of this field."""
    return _name("uq", entity, name)


def tend(database: Database, _settings: Settings | None = None) -> None:
    """Make what is wanted and missing or broken, drop what is not wanted; one copy at a time.

    PostgreSQL lets everybody write meanwhile, and leaves an invalid index where it was disturbed.
    """
    with _alone(database) as connection:
        if connection is None:
            return
        connection.execute(_TAKE_BACK)
        for row in connection.execute(_FIND).all():
            try:
                _tend(connection, row)
            except DBAPIError as error:
                problem = str(error.orig).strip()
                _log.warning("index_not_made", name=row.name, problem=problem)
                connection.execute(_POSTPONE, {"name": row.name, "problem": problem})


def _tend(connection: Connection, row: Any) -> None:
    if row.valid is not None:
        connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY IF EXISTS "{row.name}"')
    if not row.wanted:
        connection.execute(_FORGET, {"name": row.name})
        return
    table = f'"{row.record_table}"'
    words = row.definition.format(name=f'CONCURRENTLY "{row.name}"', table=table)
    connection.exec_driver_sql(f"CREATE {words}")
    # What the planner needs to know of an expression it learns here, and not from the table before.
    connection.exec_driver_sql(f"ANALYZE {table}")


@contextmanager
def _alone(database: Database) -> Iterator[Connection | None]:
    """A connection without limits of time, for one copy of the service; None for all others."""
    with database.autocommit() as connection:
        lock = {"lock": _LOCK}
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), lock):
            yield None
            return
        try:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("SET lock_timeout = 0")
            yield connection
        finally:
            connection.exec_driver_sql("RESET statement_timeout")
            connection.exec_driver_sql("RESET lock_timeout")
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), lock)


def _want(uow: UnitOfWork, entity: Entity, name: str, definition: str) -> None:
    table = entity.model.__table__.name
    given = {"name": name, "table": table, "definition": definition}
    uow.session.execute(_WANT, given)


def _name(kind: str, entity: Entity, name: str) -> str:
    field = entity.fields[name]
    return f"{kind}_{entity.model.__table__.name}_custom_{field.key or name}"[:_LONGEST_NAME]


def _sql(entity: Entity, name: str) -> str:
    """The field as lists write it, so that PostgreSQL sees the index is about the same."""
    expression = entity.columns[name]
    return str(expression.compile(dialect=_DIALECT, compile_kwargs={"include_table": False}))
