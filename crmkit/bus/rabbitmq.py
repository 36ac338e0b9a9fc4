"""The bus on RabbitMQ: a topic exchange, and one quorum queue for each subscription."""

from collections.abc import Sequence

from pika import BlockingConnection

from crmkit.bus.rabbitmq_connection import (
    ConfirmedChannel,
    Parcel,
    connect,
    declare,
    disconnect,
    outages,
)
from crmkit.bus.rabbitmq_consumer import Hearing, QueueWorker, Undertaker
from crmkit.bus.redelivery import Redelivery
from crmkit.bus.subscription import Subscription
from crmkit.bus.topology import EXCHANGE, Topology, broker_objects, dead_queue, queue_name
from crmkit.bus.transport import RETRY_DELAYS, BrokerUnavailable, Message, Worker
from crmkit.db import Database


class RabbitTransport:
    """A Transport over RabbitMQ 3.10 or later.

    `RabbitTransport(url, topology, delays=RETRY_DELAYS)`, where `url` is an `amqp://` URL. Every
    worker and every publisher has a connection of its own, opens it when it first needs it, and
    declares the objects that it relies on each time.
    """

    def __init__(
        self,
        url: str,
        topology: Topology,
        *,
        delays: Sequence[float] = RETRY_DELAYS,
        poll_seconds: float = 1.0,
    ) -> None:
        self._url = url
        self._topology = topology
        self._delays = delays
        self._poll_seconds = poll_seconds

    def publisher(self, service: str) -> "RabbitPublisher":
        """A way out for one relay of `service`."""
        return RabbitPublisher(self._url, self._topology, self._delays, service)

    def workers(
        self, database: Database, subscriptions: Sequence[Subscription]
    ) -> Sequence[Worker]:
        """One consumer for each subscription, one for the service's dead queue, one redelivery.

        Raises ValueError if the committed topology does not have them exactly so.
        """
        service = database.service
        self._topology.check(service, subscriptions)
        objects = broker_objects(self._topology.of(service), self._delays)
        consumers = [
            QueueWorker(
                self._url,
                queue_name(service, subscription.name),
                objects,
                Hearing(database, subscription, self._delays),
                subscription.batch,
            )
            for subscription in subscriptions
        ]
        undertaker = Undertaker(database)
        return [
            *consumers,
            QueueWorker(self._url, dead_queue(service), objects, undertaker, batch=100),
            Redelivery(
                database, subscriptions, delays=self._delays, poll_seconds=self._poll_seconds
            ),
        ]

    def declare(self) -> None:
        """Make sure that the broker has all objects of the topology; raises BrokerUnavailable."""
        connection = connect(self._url, "tandem topology")
        try:
            with outages():
                declare(connection, broker_objects(self._topology, self._delays))
        finally:
            disconnect(connection)


class RabbitPublisher:
    """One relay's connection; after a failure the next publish opens a new one."""

    def __init__(self, url: str, topology: Topology, delays: Sequence[float], service: str) -> None:
        self._url = url
        self._topology = topology
        self._objects = broker_objects(topology, delays)
        self._name = f"{service}.relay"
        self._connection: BlockingConnection | None = None
        self._channel: ConfirmedChannel | None = None

    def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        """Send in one window; returns the ids that the broker keeps or that nobody wants.

        Raises BrokerUnavailable. A message that reached no queue though the topology has hearers
        for it is not sent; the queues are declared anew before the next try.
        """
        try:
            channel = self._channel or self._open()
            receipt = channel.send([Parcel(EXCHANGE, m.type, m) for m in messages])
        except BrokerUnavailable:
            self.close()
            raise
        missed = {
            message.id
            for message in messages
            if message.id in receipt.unrouted and self._topology.hearers(message.type)
        }
        if missed:
            self.close()
        return frozenset(m.id for m in messages) - receipt.refused - missed

    def keep_alive(self) -> None:
        """Answer heartbeats; raises BrokerUnavailable once when the connection is found dead."""
        if self._connection is not None:
            try:
                with outages():
                    self._connection.process_data_events(0)
            except BrokerUnavailable:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            disconnect(self._connection)
            self._connection = self._channel = None

    def _open(self) -> ConfirmedChannel:
        self._connection = connect(self._url, self._name)
        with outages():
            declare(self._connection, self._objects)
            self._channel = ConfirmedChannel(self._connection)
        return self._channel
