"""Second chances: what failed waits its turn in the hearing service's database, or is parked."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from crmkit.bus import delayed, faults, inbox, metrics, parked
from crmkit.bus.endurance import Periodic, endure
from crmkit.bus.inbox import Outcome, Verdict
from crmkit.bus.subscription import Subscription
from crmkit.bus.transport import RETRY_DELAYS, Delivery
from crmkit.db import Database

_TAKEN_AT_ONCE = 100
_MEASURE_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0


def next_delay(attempts: int, delays: Sequence[float]) -> float | None:
    """Seconds to wait after so many failed tries; None when there is no further one."""
    return delays[attempts - 1] if attempts <= len(delays) else None


def settle(
    session: Session,
    subscription: str,
    delivery: Delivery,
    outcome: Outcome,
    delays: Sequence[float] = RETRY_DELAYS,
) -> None:
    """Keep a delivery that failed for its next try or for a decision; nothing if it did not."""
    if outcome.verdict is Verdict.RETRY:
        failed = replace(delivery, attempts=delivery.attempts + 1)
        delay = next_delay(failed.attempts, delays)
        if delay is not None:
            delayed.postpone(session, subscription, failed, delay)
            return
    if outcome.verdict in {Verdict.RETRY, Verdict.PARK}:
        parked.park(session, subscription, delivery, outcome.error)


def failed(outcomes: Sequence[Outcome]) -> bool:
    """Whether any of them needs settle()."""
    return any(o.verdict in {Verdict.RETRY, Verdict.PARK} for o in outcomes)


class Redelivery:
    """Worker: delivers again what is due in `database`, and keeps its house in order.

    `Redelivery(database, subscriptions, delays=RETRY_DELAYS, poll_seconds=1.0)`. Several may run
    on one database. It also measures what is delayed and parked, and forgets old inbox rows.
    """

    def __init__(
        self,
        database: Database,
        subscriptions: Sequence[Subscription],
        *,
        delays: Sequence[float] = RETRY_DELAYS,
        poll_seconds: float = 1.0,
    ) -> None:
        self.name = f"{database.service}.redelivery"
        self._database = database
        self._subscriptions = {s.name: s for s in subscriptions}
        self._delays = delays
        self._poll_seconds = poll_seconds
        self._measuring = Periodic(_MEASURE_SECONDS)
        self._pruning = Periodic(_PRUNE_SECONDS)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        endure(self.name, stop, self._turn)

    def _turn(self) -> float:
        if self._measuring.due():
            self._measure()
        if self._pruning.due():
            self._prune()
        return 0.0 if self.deliver_due() == _TAKEN_AT_ONCE else self._poll_seconds

    def deliver_due(self) -> int:
        """Deliver up to 100 events whose time has come; returns how many there were.

        They stay locked until what became of them is written. Killed in between, they are due
        again, and the inbox knows which of them have been applied.
        """
        with self._database.transaction() as session:
            due = delayed.take_due(session, list(self._subscriptions), _TAKEN_AT_ONCE)
            by_subscription: dict[str, list[Delivery]] = defaultdict(list)
            for item in due:
                by_subscription[item.subscription].append(item.delivery)
            for name, deliveries in by_subscription.items():
                outcomes = inbox.apply(self._database, self._subscriptions[name], deliveries)
                faults.reached("consumer.committed")
                delayed.forget(session, name, [d.message.id for d in deliveries])
                for delivery, outcome in zip(deliveries, outcomes, strict=True):
                    settle(session, name, delivery, outcome, self._delays)
        return len(due)

    def _measure(self) -> None:
        with self._database.transaction() as session:
            metrics.DELAYED.labels(self._database.service).set(delayed.waiting(session))
            metrics.PARKED.labels(self._database.service).set(parked.waiting(session))

    def _prune(self) -> None:
        found = 1
        while found:
            with self._database.transaction() as session:
                found = inbox.prune(session)
