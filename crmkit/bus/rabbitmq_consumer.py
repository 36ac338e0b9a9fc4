"""Hearing from RabbitMQ: a batch is one transaction, and acknowledged when that has committed."""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import NAMESPACE_OID, UUID, uuid5

from pika import BasicProperties, BlockingConnection

from crmkit.bus import faults, inbox, parked
from crmkit.bus.endurance import endure
from crmkit.bus.inbox import Verdict
from crmkit.bus.rabbitmq_connection import (
    ConfirmedChannel,
    Parcel,
    attempts_of,
    connect,
    declare,
    disconnect,
    outages,
)
from crmkit.bus.redelivery import next_delay, settle
from crmkit.bus.subscription import Subscription, matches, patterns_of
from crmkit.bus.topology import EXCHANGE, Objects, delay_name, queue_name
from crmkit.bus.transport import BrokerUnavailable, Delivery, Message
from crmkit.db import Database

_IDLE_SECONDS = 0.5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as the broker brought it; `headers` tell where it has been."""

    tag: int
    delivery: Delivery
    headers: dict[str, Any]


class Handler(Protocol):
    """What is done with the messages of one queue."""

    def handle(self, arrivals: Sequence[Arrival]) -> Sequence[Parcel]:
        """Deal with them durably; what it returns is sent on before they are acknowledged."""


class Hearing:
    """Applies events; those that fail wait in a delay queue for their next try, or are parked."""

    def __init__(
        self, database: Database, subscription: Subscription, delays: Sequence[float]
    ) -> None:
        self._database = database
        self._subscription = subscription
        self._delays = delays
        self._queue = queue_name(database.service, subscription.name)

    def handle(self, arrivals: Sequence[Arrival]) -> Sequence[Parcel]:
        """Raises inbox.Unavailable, and then they are to be handled again."""
        deliveries = [arrival.delivery for arrival in arrivals]
        outcomes = inbox.apply(self._database, self._subscription, deliveries)
        again, hopeless = [], []
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            attempts = delivery.attempts + 1
            delay = next_delay(attempts, self._delays)
            if outcome.verdict is Verdict.RETRY and delay is not None:
                again.append(Parcel(delay_name(delay), self._queue, delivery.message, attempts))
            elif outcome.verdict in {Verdict.RETRY, Verdict.PARK}:
                hopeless.append((delivery, outcome))
        if hopeless:
            with self._database.transaction() as session:
                for delivery, outcome in hopeless:
                    settle(session, self._subscription.name, delivery, outcome, self._delays)
        return again


class Undertaker:
    """Parks what has outlived every consumer: nobody knows why, so somebody must look."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def handle(self, arrivals: Sequence[Arrival]) -> Sequence[Parcel]:
        """Raises SQLAlchemyError, and then they are to be handled again."""
        with self._database.transaction() as session:
            for arrival in arrivals:
                parked.park(session, *_cause_of_death(arrival))
        return ()


def _cause_of_death(arrival: Arrival) -> tuple[str, Delivery, str]:
    """The subscription in whose queue it died, the delivery, and a sentence."""
    for death in arrival.headers.get("x-death", ()):
        if death.get("reason") == "delivery_limit":
            subscription = str(death["queue"]).partition(".")[2]
            error = f"given up by the broker after {death['queue']} was read in vain too often"
            return subscription, arrival.delivery, error
    return "unknown", arrival.delivery, "found in the dead queue, without a cause of death"


@dataclass(slots=True)
class _Link:
    """A connection that consumes, and what it has brought and nobody has handled yet."""

    connection: BlockingConnection
    channel: Any
    outgoing: ConfirmedChannel
    arrived: deque[Arrival] = field(default_factory=deque)
    cancelled: bool = False


class QueueWorker:
    """Worker: takes the messages of one queue in batches and acknowledges each batch at once."""

    def __init__(
        self, url: str, queue: str, objects: Objects, handler: Handler, batch: int
    ) -> None:
        self.name = queue
        self._url = url
        self._queue = queue
        self._objects = objects
        self._handler = handler
        self._batch = batch
        self._patterns = {b.key for b in objects.bindings if b.queue == queue}
        self._link: _Link | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; the batch in hand is finished, the rest goes to others."""
        try:
            endure(self.name, stop, self._turn)
        finally:
            self._close()

    def _turn(self) -> float:
        """One batch, or half a second without any.

        If the database is away the link stays, and the batch is tried again; if the broker is,
        what had arrived is forgotten, because it will bring it again.
        """
        try:
            link = self._link or self._open()
            self._receive(link)
            batch = [link.arrived[i] for i in range(min(self._batch, len(link.arrived)))]
            if batch:
                again = self._handler.handle(self._wanted(link, batch))
                faults.reached("consumer.committed")
                self._finish(link, batch, again)
        except BrokerUnavailable:
            self._close()
            raise
        return 0.0

    def _receive(self, link: _Link) -> None:
        with outages():
            link.connection.process_data_events(0 if link.arrived else _IDLE_SECONDS)
        if link.cancelled:
            raise BrokerUnavailable(f"{self._queue} is gone")

    def _wanted(self, link: _Link, batch: Sequence[Arrival]) -> Sequence[Arrival]:
        """Without what comes by a binding of earlier times, which is undone by the way.

        The broker tells nobody which bindings there are; what comes by one tells that it is there.
        """
        if not self._patterns:
            return batch
        types = {arrival.delivery.message.type for arrival in batch}
        strays = {
            one: patterns_of(one)
            for one in types
            if one and not any(matches(pattern, one) for pattern in self._patterns)
        }
        with outages():
            for pattern in set().union(*strays.values()) - self._patterns:
                link.channel.queue_unbind(self._queue, EXCHANGE, pattern)
        if strays:
            _log.warning("%s: unbound from what brought %s", self.name, ", ".join(sorted(strays)))
        return [arrival for arrival in batch if arrival.delivery.message.type not in strays]

    def _finish(self, link: _Link, batch: Sequence[Arrival], again: Sequence[Parcel]) -> None:
        if again:
            receipt = link.outgoing.send(again)
            if receipt.refused or receipt.unrouted:
                raise BrokerUnavailable(f"the delay queues do not take what failed in {self.name}")
        with outages():
            link.channel.basic_ack(batch[-1].tag, multiple=True)
        for _ in batch:
            link.arrived.popleft()

    def _open(self) -> _Link:
        connection = connect(self._url, self.name)
        try:
            with outages():
                declare(connection, self._objects)
                channel = connection.channel()
                link = _Link(connection, channel, ConfirmedChannel(connection))

                def arrive(_: Any, method: Any, properties: BasicProperties, body: bytes) -> None:
                    link.arrived.append(_read(method.delivery_tag, properties, body))

                def cancel(_: Any) -> None:
                    link.cancelled = True

                channel.basic_qos(prefetch_count=2 * self._batch)
                channel.add_on_cancel_callback(cancel)
                channel.basic_consume(self._queue, arrive)
        except BrokerUnavailable:
            disconnect(connection)
            raise
        self._link = link
        return link

    def _close(self) -> None:
        if self._link is not None:
            disconnect(self._link.connection)
            self._link = None


def _read(tag: int, properties: BasicProperties, body: bytes) -> Arrival:
    """Whatever the message looks like, it has an id under which it can be parked."""
    try:
        message_id = str(UUID(properties.message_id))
    except (ValueError, TypeError, AttributeError):
        message_id = str(uuid5(NAMESPACE_OID, body.hex()))
    message = Message(message_id, properties.type or "", body)
    return Arrival(tag, Delivery(message, attempts_of(properties)), properties.headers or {})
