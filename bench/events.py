"""Events per second through RabbitMQ: from the outbox of one service into rows of another.

    python bench/events.py [EVENTS] [HEARERS]

Needs the PostgreSQL of TANDEM_PG_URL and the broker of TANDEM_AMQP_URL; what it makes there it
removes. One process relays, HEARERS processes (default 1) hear; each event becomes one row.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from threading import Event as Flag
from typing import Any

from psycopg2 import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from uuid_utils import uuid7

from contracts.events.base import Event
from crmkit.bus import delayed, inbox, outbox, parked
from crmkit.bus.rabbitmq import RabbitTransport
from crmkit.bus.rabbitmq_connection import connect as connect_to_broker
from crmkit.bus.relay import Relay
from crmkit.bus.subscription import Subscription
from crmkit.bus.topology import Topology, broker_objects
from crmkit.config import Settings
from crmkit.db import KIT, Database
from tandem.provision import connect

_TELLER, _HEARER = "benchteller", "benchhearer"
_PATTERN = f"crm.{_TELLER}.thing.*.v1"
_TOPOLOGY = Topology({_TELLER: [], _HEARER: [{"name": "things", "patterns": [_PATTERN]}]})
_PER_TRANSACTION = 100
_RECORD = {"name": "Example & Sons", "city": "Lisbon", "amount": "1299.90", "status": "Created"}


def count_effects(session: Session, events: Sequence[Event]) -> None:
    session.execute(
        text("INSERT INTO effect SELECT unnest(CAST(:ids AS uuid[]))"),
        {"ids": [event.id for event in events]},
    )


def relay(settings: Settings) -> None:
    database = Database(_url(settings, _TELLER), _TELLER)
    Relay(database, RabbitTransport(settings.amqp_url, _TOPOLOGY)).run(Flag())


def hear(settings: Settings) -> None:
    database = Database(_url(settings, _HEARER), _HEARER)
    transport = RabbitTransport(settings.amqp_url, _TOPOLOGY)
    transport.workers(database, [Subscription("things", (_PATTERN,), count_effects)])[0].run(Flag())


def tell(database: Database, number: int) -> None:
    for first in range(0, number, _PER_TRANSACTION):
        events = [_event(i) for i in range(first, min(first + _PER_TRANSACTION, number))]
        with database.transaction() as session:
            outbox.add(session, events)


def measure(settings: Settings, number: int, hearers: int) -> None:
    teller = Database(_url(settings, _TELLER), _TELLER)
    hearer = Database(_url(settings, _HEARER), _HEARER)
    for database in (teller, hearer):
        KIT.create_all(
            database.engine,
            (outbox.outbox, inbox.inbox, delayed.delayed_event, parked.parked_event),
        )
    with hearer.transaction() as session:
        session.execute(text("CREATE TABLE effect (id uuid)"))
    RabbitTransport(settings.amqp_url, _TOPOLOGY).declare()

    def unsent() -> int:
        with teller.transaction() as session:
            return outbox.backlog(session).count

    def effects() -> int:
        with hearer.transaction() as session:
            return session.scalar(text("SELECT count(*) FROM effect")) or 0

    began = time.monotonic()
    tell(teller, number)
    _print("told", number, time.monotonic() - began)
    spawn = multiprocessing.get_context("spawn")
    sender = spawn.Process(target=relay, args=(settings,), daemon=True)
    hearing = [spawn.Process(target=hear, args=(settings,), daemon=True) for _ in range(hearers)]
    try:
        sender.start()
        _wait(lambda: unsent() < number)
        began, left = time.monotonic(), unsent()
        _wait(lambda: unsent() == 0)
        _print("published", left, time.monotonic() - began)
        for process in hearing:
            process.start()
        _wait(lambda: effects() > 0)
        began, left = time.monotonic(), number - effects()
        _wait(lambda: effects() >= number)
        _print("applied", left, time.monotonic() - began)

        began = time.monotonic()
        tell(teller, number)
        _wait(lambda: effects() >= 2 * number)
        _print("told, published and applied at once", number, time.monotonic() - began)
    finally:
        for process in (sender, *hearing):
            if process.is_alive():
                process.terminate()
                process.join()
        teller.close()
        hearer.close()


def _event(number: int) -> Event:
    return Event(
        id=str(uuid7()),
        type=f"crm.{_TELLER}.thing.changed.v1",
        source=_TELLER,
        subject=str(number),
        time=datetime.now(UTC),
        data={"record": _RECORD, "changes": {"status": [None, "Created"]}, "deleted": False},
        version=1,
        actor=str(uuid7()),
    )


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def _print(what: str, number: int, seconds: float) -> None:
    print(f"{what:<38}{number:>8} events {seconds:>7.2f} s {number / seconds:>9,.0f} /s")


def _url(settings: Settings, service: str) -> str:
    url = make_url(settings.pg_url).set(drivername="postgresql+psycopg2", database=service)
    return url.render_as_string(hide_password=False)


def _databases(settings: Settings, command: str) -> None:
    with closing(connect(settings.pg_url)) as connection, connection.cursor() as cursor:
        for name in (_TELLER, _HEARER):
            cursor.execute(sql.SQL(command).format(sql.Identifier(name)))


def _remove_queues(settings: Settings) -> None:
    connection: Any = connect_to_broker(settings.amqp_url, "bench")
    channel = connection.channel()
    for queue in broker_objects(_TOPOLOGY, ()).queues:
        channel.queue_delete(queue.name)
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("events", type=int, nargs="?", default=20_000)
    parser.add_argument("hearers", type=int, nargs="?", default=1)
    arguments = parser.parse_args()
    settings = Settings.from_env()
    _databases(settings, "DROP DATABASE IF EXISTS {} (FORCE)")
    _databases(settings, "CREATE DATABASE {}")
    try:
        measure(settings, arguments.events, arguments.hearers)
    finally:
        _databases(settings, "DROP DATABASE IF EXISTS {} (FORCE)")
        _remove_queues(settings)


if __name__ == "__main__":
    main()
