"""What every test of the event path works with: a service that tells, one that hears, and a count.

`told` is written in the transaction of the event and is the truth; `effect` is written by the
handler. Both may hold a number more than once, so that a doubled effect is seen.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pika
from prometheus_client import REGISTRY
from sqlalchemy import create_engine, text, update
from uuid_utils import uuid7

from contracts.events.base import Event
from crmkit.bus import PermanentError, delayed, inbox, outbox, parked
from crmkit.bus.envelope import to_json
from crmkit.bus.local import LocalTransport
from crmkit.bus.rabbitmq import RabbitTransport
from crmkit.bus.relay import Relay
from crmkit.bus.subscription import Subscription
from crmkit.bus.topology import Topology, broker_objects
from crmkit.bus.transport import Message, Transport, Worker
from crmkit.db import KIT, Database
from tandem.orphans import die_with_parent
from tests import cluster

DELAYS = (0.15, 0.3)
PATIENCE_SECONDS = 60.0


def build(url: str) -> None:
    """The tables of both services."""
    engine = create_engine(url)
    tables = (delayed.delayed_event, inbox.inbox, outbox.outbox, parked.parked_event)
    KIT.create_all(engine, tables)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE told (number int, version int)"))
        connection.execute(text("CREATE TABLE effect (number int, version int)"))
        connection.execute(text("CREATE TABLE latest (number int PRIMARY KEY, version int)"))
    engine.dispose()


def event(teller: str, number: int, version: int = 1, **data: Any) -> Event:
    """One fact that `teller` tells."""
    return Event(
        id=str(uuid7()),
        type=f"crm.{teller}.thing.changed.v1",
        source=teller,
        subject=str(number),
        time=datetime.now(UTC),
        data={"number": number, **data},
        version=version,
        actor="somebody",
    )


@dataclass
class Suite:
    """Two services on one transport; `kind` is local or rabbitmq."""

    kind: str
    teller: Database
    hearer: Database
    amqp_url: str = ""
    fail: Callable[[Event], None] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.subscription = Subscription(
            "things", (f"crm.{self.teller.service}.thing.*.v1",), self._handle
        )
        self.topology = Topology(
            {
                self.teller.service: [],
                self.hearer.service: [
                    {"name": "things", "patterns": list(self.subscription.patterns)}
                ],
            }
        )
        self.transport = self.new_transport()

    def new_transport(self) -> Transport:
        """Another one like that of this suite."""
        if self.kind == "local":
            return LocalTransport(self.topology, delays=DELAYS, poll_seconds=0.05)
        return RabbitTransport(self.amqp_url, self.topology, delays=DELAYS, poll_seconds=0.05)

    def hearing(self) -> Sequence[Worker]:
        """What must run for the hearing service."""
        return self.transport.workers(self.hearer, [self.subscription])

    def start(self, *workers: Worker) -> None:
        """Run each in a thread, until the test ends; without arguments, all of one copy."""
        for worker in workers or (*self.hearing(), Relay(self.teller, self.transport)):
            thread = threading.Thread(target=worker.run, args=(self._stop,), name=worker.name)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End what runs here."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), f"{thread.name} does not stop"
        self._threads.clear()
        self._stop = threading.Event()

    def tell(self, events: Sequence[Event], *, bulk: bool = False) -> None:
        """In one transaction, the truth and the outbox."""
        with self.teller.transaction() as session:
            session.execute(
                text("INSERT INTO told VALUES (:number, :version)"),
                [{"number": e.data["number"], "version": e.version} for e in events],
            )
            outbox.add(session, events)
            if bulk:
                told = outbox.outbox.c.id.in_([e.id for e in events])
                session.execute(update(outbox.outbox).where(told).values(bulk=True))

    def tell_numbers(self, numbers: Sequence[int], *, bulk: bool = False) -> list[Event]:
        """One event for each number."""
        events = [event(self.teller.service, number) for number in numbers]
        self.tell(events, bulk=bulk)
        return events

    def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        """Past the outbox, straight into the transport."""
        publisher = self.transport.publisher(self.teller.service)
        try:
            return publisher.publish(messages)
        finally:
            publisher.close()

    def unsent(self) -> int:
        """Events still in the outbox."""
        with self.teller.transaction() as session:
            return outbox.backlog(session).count

    def told(self) -> Counter[int]:
        """How often each number was told by a committed transaction."""
        return self._numbers(self.teller, "told")

    def effects(self) -> Counter[int]:
        """How often each number took effect."""
        return self._numbers(self.hearer, "effect")

    def parked(self) -> list[parked.ParkedEvent]:
        """What waits for a decision."""
        with self.hearer.transaction() as session:
            return parked.list_parked(session, limit=200)

    def handled(self, outcome: str) -> int:
        """How many deliveries ended so in this process, by its own metrics."""
        labels = {
            "service": self.hearer.service,
            "subscription": "things",
            "outcome": outcome,
        }
        return int(REGISTRY.get_sample_value("tandem_events_handled_total", labels) or 0)

    def assert_exact(self) -> None:
        """Wait until everything told has arrived; then nothing is lost and nothing doubled."""
        wait_until(lambda: not self.unsent() and self.effects().total() >= self.told().total())
        told, effects = self.told(), self.effects()
        lost, doubled = told - effects, effects - told
        assert (lost, doubled) == (Counter(), Counter())

    def process(
        self, *roles: str, fault: str = "", tell: int = 0, green: bool = False
    ) -> "Process":
        """Another process with a copy of these workers: relay, hearing; in green threads or not."""
        arguments: dict[str, Any] = {
            "kind": self.kind,
            "amqp_url": self.amqp_url,
            "teller": [self.teller.service, self.teller.url.render_as_string(False)],
            "hearer": [self.hearer.service, self.hearer.url.render_as_string(False)],
            "roles": roles,
            "tell": tell,
        }
        return Process(arguments, {"TANDEM_FAULT": fault, "TANDEM_TEST_GREEN": "1" * green})

    @staticmethod
    def _numbers(database: Database, table: str) -> Counter[int]:
        with database.transaction() as session:
            return Counter(session.scalars(text(f"SELECT number FROM {table}")))

    def _handle(self, session: Any, events: Sequence[Event]) -> None:
        rows = [{"number": e.data["number"], "version": e.version} for e in events]
        session.execute(text("INSERT INTO effect VALUES (:number, :version)"), rows)
        for row in sorted(rows, key=lambda row: row["number"]):
            session.execute(
                text(
                    "INSERT INTO latest VALUES (:number, :version) "
                    "ON CONFLICT (number) DO UPDATE SET version = excluded.version "
                    "WHERE latest.version < excluded.version"
                ),
                row,
            )
        for heard in events:
            if heard.data.get("poison"):
                raise PermanentError("this can never be")
            if self.fail is not None:
                self.fail(heard)


class Process:
    """A process of the suite, which a fault point or a test kills."""

    def __init__(self, arguments: dict[str, Any], environment: dict[str, str]) -> None:
        compile_once = {  # most of the time of these tests is spent in starting processes
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": f"{os.environ['TANDEM_TEST_RUN']}/bytecode",
        }
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.bus.process", json.dumps(arguments)],
            env=os.environ | compile_once | environment,
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called by the main thread
        )

    def wait_ready(self) -> None:
        """Until its workers run."""
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        """kill -9."""
        self._child.kill()
        self.wait()

    def wait(self) -> int:
        """Until it is dead; its return code, which for a signal is negative."""
        code = self._child.wait(PATIENCE_SECONDS)
        if self._child.stdout is not None:
            self._child.stdout.close()
        return code


def message(told: Event) -> Message:
    """As the relay hands it over."""
    return Message(told.id, told.type, to_json(told))


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as it holds; fails after a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.02)


@contextmanager
def services(kind: str, amqp_url: str = "") -> Iterator[Suite]:
    """A suite with two new databases; names of its own keep the broker's queues apart."""
    unique = uuid7().hex[-8:]
    teller = Database(cluster.copy_of("bus", build), f"teller{unique}")
    hearer = Database(cluster.copy_of("bus", build), f"hearer{unique}")
    suite = Suite(kind, teller, hearer, amqp_url)
    try:
        yield suite
    finally:
        suite.stop()
        if amqp_url:
            _delete_queues(suite)
        for database in (teller, hearer):
            database.close()


def _delete_queues(suite: Suite) -> None:
    """A broker that others use, too, is left as it was."""
    with pika.BlockingConnection(pika.URLParameters(suite.amqp_url)) as connection:
        channel = connection.channel()
        for queue in broker_objects(suite.topology, ()).queues:
            channel.queue_delete(queue.name)
