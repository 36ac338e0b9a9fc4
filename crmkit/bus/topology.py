"""Who hears what, as committed in contracts/schemas/topology.json, and the broker objects for it.

A publisher consults it to know whether a message that reached nobody was meant for somebody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from crmkit.bus.subscription import Subscription, matches
from crmkit.bus.transport import RETRY_DELAYS

EXCHANGE = "crm.events"
DELIVERY_LIMIT = 20
"""Deliveries that may end in a dead consumer before a message counts as the cause of death."""

TopologyDocument = Mapping[str, Sequence[Mapping[str, Any]]]
"""{service: [{"name": subscription, "patterns": [...]}, ...]}"""


@dataclass(frozen=True, slots=True)
class Route:
    """One subscription of one service."""

    service: str
    subscription: str
    patterns: tuple[str, ...]

    @property
    def queue(self) -> str:
        """The name of its queue."""
        return queue_name(self.service, self.subscription)


class Topology:
    """Every subscription of every service."""

    def __init__(self, document: TopologyDocument) -> None:
        self.routes = tuple(
            Route(service, entry["name"], tuple(entry["patterns"]))
            for service, entries in sorted(document.items())
            for entry in entries
        )
        self.services = tuple(sorted(document))
        self.hearers = lru_cache(maxsize=4096)(self._hearers)

    def of(self, service: str) -> "Topology":
        """The part of it that one service relies on to hear."""
        routes = [r for r in self.routes if r.service == service]
        return Topology(
            {service: [{"name": r.subscription, "patterns": r.patterns} for r in routes]}
        )

    def _hearers(self, event_type: str) -> tuple[Route, ...]:
        """The subscriptions that want an event type."""
        return tuple(
            route
            for route in self.routes
            if any(matches(pattern, event_type) for pattern in route.patterns)
        )

    def check(self, service: str, subscriptions: Sequence[Subscription]) -> None:
        """Raise ValueError unless the code subscribes to exactly what was committed."""
        committed = {r.subscription: set(r.patterns) for r in self.routes if r.service == service}
        for subscription in subscriptions:
            if committed.get(subscription.name) != set(subscription.patterns):
                raise ValueError(
                    f"topology.json is stale: {service}.{subscription.name} is not in it with "
                    f"the patterns {sorted(subscription.patterns)}"
                )


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Binding:
    """From an exchange to a queue."""

    exchange: str
    queue: str
    key: str


@dataclass(frozen=True, slots=True)
class Objects:
    """What the broker must have for a topology."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]


def queue_name(service: str, subscription: str) -> str:
    """One queue per service and subscription."""
    return f"{service}.{subscription}"


def dead_queue(service: str) -> str:
    """Where messages wait that outlived every consumer, until they are parked."""
    return f"{service}.dead"


def delay_name(seconds: float) -> str:
    """Exchange and queue in which messages wait `seconds` before their next try."""
    return f"crm.retry.{round(seconds * 1000)}ms"


def broker_objects(topology: Topology, delays: Sequence[float] = RETRY_DELAYS) -> Objects:
    """Exchanges, queues and bindings for a topology.

    Dead lettering is at-least-once (RabbitMQ 3.10), which needs quorum queues that reject when
    full. A delay queue keeps each message's routing key, which is the name of the one queue that
    the message came from, and lets it expire into the default exchange: back to that queue only.
    """
    durable = {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-dead-letter-strategy": "at-least-once",
        "x-dead-letter-exchange": "",
    }
    exchanges = [Exchange(EXCHANGE, "topic")]
    queues = [
        Queue(
            route.queue,
            durable
            | {
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-routing-key": dead_queue(route.service),
            },
        )
        for route in topology.routes
    ]
    queues += [
        Queue(dead_queue(service), {"x-queue-type": "quorum"}) for service in topology.services
    ]
    bindings = [
        Binding(EXCHANGE, route.queue, pattern)
        for route in topology.routes
        for pattern in route.patterns
    ]
    for delay in delays:
        name = delay_name(delay)
        exchanges.append(Exchange(name, "fanout"))
        queues.append(Queue(name, durable | {"x-message-ttl": round(delay * 1000)}))
        bindings.append(Binding(name, name, ""))
    return Objects(tuple(exchanges), tuple(queues), tuple(bindings))


def definitions(topology: Topology, *, vhost: str = "/") -> dict[str, Any]:
    """The same as a RabbitMQ definitions file, for brokers that import theirs at boot."""
    objects = broker_objects(topology)
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [
            {
                "name": exchange.name,
                "vhost": vhost,
                "type": exchange.type,
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for exchange in objects.exchanges
        ],
        "queues": [
            {
                "name": queue.name,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": dict(queue.arguments),
            }
            for queue in objects.queues
        ],
        "bindings": [
            {
                "source": binding.exchange,
                "vhost": vhost,
                "destination": binding.queue,
                "destination_type": "queue",
                "routing_key": binding.key,
                "arguments": {},
            }
            for binding in objects.bindings
        ],
    }
