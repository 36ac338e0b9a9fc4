"""The small interface behind which the bus is either RabbitMQ or this very process."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from crmkit.bus.subscription import Subscription
from crmkit.db import Database

RETRY_DELAYS = (5.0, 30.0, 300.0, 3600.0)
"""Seconds before each new try of an event whose handler failed; after the last it is parked."""


class BrokerUnavailable(Exception):  # noqa: N818 - a state of things, not a mistake
    """The broker cannot be reached or does not take messages: try again later."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way: `body` is its JSON document, kept as bytes even if it is none."""

    id: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in the hands of one subscription; `attempts` counts the tries that failed."""

    message: Message
    attempts: int = 0


class Publisher(Protocol):
    """One relay's way out; used by one thread only."""

    def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        """Hand the messages over and return the ids of those that can no longer be lost."""

    def keep_alive(self) -> None:
        """Answer heartbeats; called at least once a second while there is nothing to publish."""

    def close(self) -> None:
        """Let go of the connection."""


class Worker(Protocol):
    """Something that runs in a thread of its own until told to stop."""

    @property
    def name(self) -> str:
        """For logs and for the name of the thread."""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; outlives every outage of database and broker."""


class Transport(Protocol):
    """How events get from one service to another."""

    def publisher(self, service: str) -> Publisher:
        """A way out for one relay of `service`."""

    def workers(
        self, database: Database, subscriptions: Sequence[Subscription]
    ) -> Sequence[Worker]:
        """All that must run for these subscriptions of the service that owns `database`.

        Raises ValueError if the committed topology does not have them exactly so.
        """
