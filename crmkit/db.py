"""A service's own PostgreSQL database: connections, transactions, and the count of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import orjson
from prometheus_client import Counter
from sqlalchemy import Connection, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

KIT = MetaData()
"""Tables that every service's database has, each declared by the module that uses it."""

TABLES = "tables"
"""Under which key the tables of a service's entities stand, by name, in its metadata's `info`."""

SQL_STATEMENTS = Counter(
    "tandem_sql_statements",
    "SQL statements executed, by what for: request, event, or background.",
    ["service", "activity"],
)

ACTIVITY: ContextVar[str] = ContextVar("activity", default="background")
"""What this thread works on; whoever begins a piece of work says so with `working_on`."""


@contextmanager
def working_on(activity: str) -> Iterator[None]:
    """Count the statements inside the block as those of `activity`."""
    token = ACTIVITY.set(activity)
    try:
        yield
    finally:
        ACTIVITY.reset(token)


_SESSION_LIMITS = (
    "-c statement_timeout=30000 -c lock_timeout=10000 "
    "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
)


class Database:
    """One service's database. `url` is a `postgresql+psycopg2://` URL, `service` labels metrics."""

    def __init__(self, url: str, service: str, *, pool_size: int = 10, overflow: int = 30) -> None:
        self.url = make_url(url)
        self.service = service
        self.engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=overflow,
            pool_timeout=10,
            pool_pre_ping=False,
            pool_use_lifo=True,
            connect_args={"options": _SESSION_LIMITS, "application_name": f"tandem-{service}"},
            # PostgreSQL tells 1e30 as a whole number, which no JSON that is answered could hold.
            json_deserializer=orjson.loads,
        )

        @event.listens_for(self.engine, "after_cursor_execute")
        def count_statement(*_: Any) -> None:
            SQL_STATEMENTS.labels(service, ACTIVITY.get()).inc()

        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._sessions() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Each statement for itself: a read of one statement pays for no BEGIN and COMMIT."""
        with self._sessions() as session, _each_for_itself(session.connection()):
            yield session

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """The same on a bare connection, for what PostgreSQL runs in no transaction."""
        with self.engine.connect() as connection, _each_for_itself(connection):
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def _each_for_itself(connection: Connection) -> Iterator[None]:
    """Have the driver begin no transactions. SQLAlchemy's own AUTOCOMMIT costs a SET each time,
    because it names an isolation level, which psycopg2 then takes back (`connection.autocommit`).
    """
    driver: Any = connection.connection.dbapi_connection
    driver.isolation_level = None
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False
