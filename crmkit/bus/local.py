"""The bus inside one process, without a broker: events go straight to those who hear them.

An event counts as handed over only when every subscription that wants it has applied it or keeps
it durably (delayed or parked) in the database of its service. Until then it stays in the outbox,
so `kill -9` at any moment loses nothing.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from crmkit.bus import faults, inbox
from crmkit.bus.backoff import Backoff
from crmkit.bus.endurance import first_line
from crmkit.bus.inbox import Unavailable
from crmkit.bus.redelivery import Redelivery, failed, settle
from crmkit.bus.subscription import Subscription
from crmkit.bus.topology import Route, Topology
from crmkit.bus.transport import RETRY_DELAYS, Delivery, Message, Worker
from crmkit.db import Database

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Hearer:
    """A service of this process; left alone for a while when its database cannot be reached."""

    database: Database
    subscriptions: dict[str, Subscription]
    outage: Backoff = field(default_factory=Backoff)
    absent_until: float = 0.0


class LocalTransport:
    """A Transport for services that all run in this process.

    `LocalTransport(topology, delays=RETRY_DELAYS)`: make one per process and give it to every
    service. `workers(database, subscriptions)` makes a service a hearer, from then on; an event
    for a service of the topology that is not one yet waits in its outbox.
    """

    def __init__(
        self,
        topology: Topology,
        *,
        delays: Sequence[float] = RETRY_DELAYS,
        poll_seconds: float = 1.0,
    ) -> None:
        self._topology = topology
        self._delays = delays
        self._poll_seconds = poll_seconds
        self._hearers: dict[str, _Hearer] = {}

    def publisher(self, service: str) -> "LocalPublisher":
        """A way out for one relay of `service`."""
        return LocalPublisher(self, service)

    def workers(
        self, database: Database, subscriptions: Sequence[Subscription]
    ) -> Sequence[Worker]:
        """Make these subscriptions heard, and return what redelivers their failures.

        Raises ValueError if the committed topology does not have them exactly so.
        """
        self._topology.check(database.service, subscriptions)
        self._hearers[database.service] = _Hearer(database, {s.name: s for s in subscriptions})
        return [
            Redelivery(
                database, subscriptions, delays=self._delays, poll_seconds=self._poll_seconds
            )
        ]

    def deliver(self, messages: Sequence[Message]) -> frozenset[str]:
        """Hand messages to all who want them; returns the ids of those that all of them have.

        Services are handed theirs side by side, so that a slow one does not hold up the others.
        """
        wanted: dict[str, dict[Route, list[Message]]] = defaultdict(lambda: defaultdict(list))
        for message in messages:
            for route in self._topology.hearers(message.type):
                wanted[route.service][route].append(message)
        handed_over = {message.id for message in messages}
        missed: list[set[str]] = []

        def deliver_to(routes: Mapping[Route, Sequence[Message]]) -> None:
            for route, theirs in routes.items():
                missing = {message.id for message in theirs}
                missed.append(missing)  # until it is known that they have arrived
                missing &= self._deliver_to(route, theirs)

        first, *others = wanted.values() or [{}]
        threads = [threading.Thread(target=deliver_to, args=(routes,)) for routes in others]
        for thread in threads:
            thread.start()
        deliver_to(first)
        for thread in threads:
            thread.join()
        return frozenset(handed_over.difference(*missed))

    def _deliver_to(self, route: Route, messages: Sequence[Message]) -> set[str]:
        """The ids of those that could not be handed over."""
        missed = {message.id for message in messages}
        hearer = self._hearers.get(route.service)
        subscription = hearer and hearer.subscriptions.get(route.subscription)
        if not hearer or not subscription or time.monotonic() < hearer.absent_until:
            return missed
        for start in range(0, len(messages), subscription.batch):
            batch = messages[start : start + subscription.batch]
            try:
                self._apply(hearer, subscription, [Delivery(message) for message in batch])
            except (Unavailable, SQLAlchemyError) as error:
                wait = hearer.outage.failed()
                hearer.absent_until = time.monotonic() + wait
                reason = first_line(error.__cause__ or error)
                _log.warning("%s hears nothing for %.1f s: %s", route.service, wait, reason)
                break
            hearer.outage.succeeded()
            missed.difference_update(message.id for message in batch)
        return missed

    def _apply(
        self, hearer: _Hearer, subscription: Subscription, deliveries: Sequence[Delivery]
    ) -> None:
        outcomes = inbox.apply(hearer.database, subscription, deliveries)
        faults.reached("consumer.committed")
        if failed(outcomes):
            with hearer.database.transaction() as session:
                for delivery, outcome in zip(deliveries, outcomes, strict=True):
                    settle(session, subscription.name, delivery, outcome, self._delays)


class LocalPublisher:
    """One relay's way into the hearers of this process."""

    def __init__(self, transport: LocalTransport, service: str) -> None:
        self.service = service
        self._transport = transport

    def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        """Hand over now; returns the ids of those that every hearer has."""
        return self._transport.deliver(messages)

    def keep_alive(self) -> None:
        """Nothing to keep alive."""

    def close(self) -> None:
        """Nothing to let go of."""
