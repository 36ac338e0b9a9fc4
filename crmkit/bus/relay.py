"""The way out of a service: what its transactions wrote into the outbox goes to the transport."""

import threading
import time

from crmkit.bus import faults, metrics, outbox
from crmkit.bus.backoff import Backoff
from crmkit.bus.endurance import Periodic, endure
from crmkit.bus.transport import Publisher, Transport
from crmkit.bus.wake_up import WakeUp
from crmkit.db import Database

_MEASURE_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0
_GATHER_SECONDS = 0.05
"""Under load one batch follows the other at this distance, so that each of their transactions, here
and at the hearers, is shared by several events. The first after a pause leaves at once.
"""
_OF_OTHERS, _OF_JOBS = False, True


class Relay:
    """Worker: takes unsent events, hands them over, marks them sent.

    `Relay(database, transport, batch=200, poll_seconds=0.5)`. Several may run on one database:
    each takes what no other is at. An event is marked only after the transport has said that it
    can no longer be lost, so one that dies in between sends some twice and none never.
    """

    def __init__(
        self,
        database: Database,
        transport: Transport,
        *,
        batch: int = 200,
        poll_seconds: float = 0.5,
    ) -> None:
        self.name = f"{database.service}.relay"
        self._database = database
        self._transport = transport
        self._batch = batch
        self._poll_seconds = poll_seconds
        self._measuring = Periodic(_MEASURE_SECONDS)
        self._pruning = Periodic(_PRUNE_SECONDS)
        self._held = Backoff()
        self._held_up_to = {_OF_OTHERS: 0, _OF_JOBS: 0}
        self._start_over_at = 0.0
        self._last_batch_at = 0.0
        self._jobs_turn_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        publisher = self._transport.publisher(self._database.service)
        wake_up = WakeUp(self._database, outbox.CHANNEL)

        def turn() -> float:
            if self._measuring.due():
                self._measure()
            if self._pruning.due():
                self._prune()
            while self.send_batch(publisher) == self._batch and not stop.is_set():
                pass
            publisher.keep_alive()
            if not stop.is_set():
                wake_up.wait(self._patience())
            return max(0.0, self._last_batch_at + _GATHER_SECONDS - time.monotonic())

        try:
            endure(self.name, stop, turn)
        finally:
            wake_up.close()
            publisher.close()

    def send_batch(self, publisher: Publisher) -> int:
        """Send the oldest unsent events; returns how many were taken, sent or not.

        What the transport could not take is left for a while, so that what comes after it flows.
        After a batch of a job's, only others are sent for as long as that one took.
        """
        began = time.monotonic()
        if began >= self._start_over_at:
            self._held_up_to = {_OF_OTHERS: 0, _OF_JOBS: 0}
        with self._database.transaction() as session:
            taken = outbox.take(
                session,
                self._batch,
                bulk=began >= self._jobs_turn_at,
                after=self._held_up_to[_OF_OTHERS],
                after_bulk=self._held_up_to[_OF_JOBS],
            )
            if not taken.messages:
                return 0
            self._last_batch_at = time.monotonic()
            faults.reached("relay.taken")
            sent = publisher.publish(taken.messages)
            faults.reached("relay.published")
            outbox.mark_sent(session, sorted(sent))
        metrics.PUBLISHED.labels(self._database.service).inc(len(sent))
        if taken.bulk:
            now = time.monotonic()
            self._jobs_turn_at = now + (now - began)
        if len(sent) < len(taken.messages):
            self._hold(taken)
        elif not any(self._held_up_to.values()):
            self._held.succeeded()
        return len(taken.messages)

    def _patience(self) -> float:
        """How long nothing need be looked at, in seconds, if nobody wakes the relay."""
        until_jobs_turn = self._jobs_turn_at - time.monotonic()
        return (
            min(self._poll_seconds, until_jobs_turn) if until_jobs_turn > 0 else self._poll_seconds
        )

    def _hold(self, taken: outbox.Taken) -> None:
        if not any(self._held_up_to.values()):
            self._start_over_at = time.monotonic() + self._held.failed()
        self._held_up_to[taken.bulk] = taken.last_seq

    def _measure(self) -> None:
        with self._database.transaction() as session:
            backlog = outbox.backlog(session)
        metrics.OUTBOX_BACKLOG.labels(self._database.service).set(backlog.count)
        metrics.OUTBOX_AGE.labels(self._database.service).set(backlog.oldest_seconds)

    def _prune(self) -> None:
        found = 1
        while found:
            with self._database.transaction() as session:
                found = outbox.prune(session)
