"""Every event takes effect once per subscription: its inbox row commits with the effect, or not.

A projection that keeps the newest version of each row needs no such row: hearing again what it
knows changes nothing.

A batch is one transaction. If it fails, its events are tried one by one, so that a poison event
stands alone and its neighbours are applied.
"""

import logging
import random
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, DateTime, Table, Text, Uuid, func, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from contracts.events.base import Event
from crmkit.bus import PermanentError, faults, metrics
from crmkit.bus.envelope import from_json
from crmkit.bus.subscription import Subscription
from crmkit.bus.transport import Delivery
from crmkit.db import KIT, Database, working_on

RETENTION = timedelta(days=90)

inbox = Table(
    "inbox",
    KIT,
    Column("subscription", Text, primary_key=True),
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
)

# Sorted, so that two consumers given the same events do not wait for each other in a circle.
_REMEMBER = text(
    "INSERT INTO inbox (subscription, event_id) "
    "SELECT :subscription, id FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id "
    "ON CONFLICT DO NOTHING RETURNING CAST(event_id AS text)"
)
_PRUNE = text(
    "DELETE FROM inbox WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM inbox WHERE at < now() - :keep LIMIT 10000))"
)
_CONFLICTS = {"40001", "40P01"}
"""serialization_failure, deadlock_detected: nobody's fault, and gone the next moment."""
_CONFLICT_TRIES = 4
_OUTAGE_CLASSES = {"08", "53", "57"}
"""Connection exception, insufficient resources, operator intervention."""
_QUERY_CANCELED = "57014"
_ERROR_LENGTH = 4000

_log = logging.getLogger(__name__)


class Unavailable(Exception):  # noqa: N818 - a state of things, not a mistake
    """The database cannot be reached: nothing was decided, ask again with the same deliveries."""


class Verdict(StrEnum):
    """What became of a delivery. After `applied` and `duplicate` there is nothing left to do."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    RETRY = "retry"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` says why, if the verdict is retry or park."""

    verdict: Verdict
    error: str = ""


_APPLIED = Outcome(Verdict.APPLIED)
_DUPLICATE = Outcome(Verdict.DUPLICATE)


def apply(
    database: Database, subscription: Subscription, deliveries: Sequence[Delivery]
) -> list[Outcome]:
    """Give the unseen ones among the deliveries to the handler; one outcome each, in order.

    Raises Unavailable if the database cannot be reached; some may have been applied by then, and
    will be found to be duplicates next time.
    """
    outcomes: list[Outcome] = []
    events: dict[str, Event] = {}
    for delivery in deliveries:
        try:
            event = from_json(delivery.message.body)
        except PermanentError as error:
            outcomes.append(Outcome(Verdict.PARK, _describe(error)))
            continue
        if event.id in events:
            outcomes.append(_DUPLICATE)
        else:
            events[event.id] = event
            outcomes.append(_APPLIED)
    verdicts = iter(_apply_events(database, subscription, list(events.values())))
    outcomes = [next(verdicts) if outcome is _APPLIED else outcome for outcome in outcomes]
    _count(database.service, subscription.name, outcomes, list(events.values()))
    return outcomes


def remember(session: Session, subscription: str, ids: Sequence[str]) -> frozenset[str]:
    """Enter events into the inbox; returns those that were not in it."""
    parameters = {"subscription": subscription, "ids": list(ids)}
    return frozenset(session.scalars(_REMEMBER, parameters))


def prune(session: Session, keep: timedelta = RETENTION) -> int:
    """Forget up to 10,000 events seen longer ago than `keep`; returns how many, 0 when done."""
    return session.execute(_PRUNE, {"keep": keep}).rowcount  # type: ignore[attr-defined,no-any-return]


def _apply_events(
    database: Database, subscription: Subscription, events: Sequence[Event]
) -> list[Outcome]:
    if not events:
        return []
    if len(events) == 1:
        return [_apply_alone(database, subscription, events[0])]
    try:
        return _commit(database, subscription, events)
    except Exception as error:  # noqa: BLE001  whatever it is, each event is judged by itself now
        _raise_if_unavailable(database, error)
        _log.info("a batch of %s failed, trying one by one: %s", subscription.name, error)
        return [_apply_alone(database, subscription, event) for event in events]


def _apply_alone(database: Database, subscription: Subscription, event: Event) -> Outcome:
    try:
        return _commit(database, subscription, [event])[0]
    except PermanentError as error:
        return Outcome(Verdict.PARK, _describe(error))
    except Exception as error:  # noqa: BLE001  a handler may raise anything; it is kept and retried
        _raise_if_unavailable(database, error)
        return Outcome(Verdict.RETRY, _describe(error))


def _commit(
    database: Database, subscription: Subscription, events: Sequence[Event]
) -> list[Outcome]:
    """One transaction; tried again at once if it lost against another one."""
    for tries_left in range(_CONFLICT_TRIES - 1, -1, -1):
        try:
            with working_on("event"), database.transaction() as session:
                ids = [event.id for event in events]
                new = frozenset(ids)
                if not subscription.by_version:
                    new = remember(session, subscription.name, ids)
                if new:
                    subscription.handle(session, [event for event in events if event.id in new])
                faults.reached("inbox.before_commit")
        except DBAPIError as error:
            if not tries_left or _code(error) not in _CONFLICTS:
                raise
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311  so that the two do not meet again
        else:
            return [_APPLIED if event.id in new else _DUPLICATE for event in events]
    raise AssertionError


def _raise_if_unavailable(database: Database, error: Exception) -> None:
    """Raise Unavailable if it was the database that failed, and not something the event did.

    A connection can also break because of what a handler did, so the database is asked once more.
    """
    if isinstance(error, PoolTimeoutError):
        raise Unavailable from error
    if not isinstance(error, DBAPIError):
        return
    code = _code(error)
    nameless = not code and isinstance(error, OperationalError | InterfaceError)
    outage = code[:2] in _OUTAGE_CLASSES and code != _QUERY_CANCELED
    if not (error.connection_invalidated or nameless or outage):
        return
    try:
        with database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (DBAPIError, PoolTimeoutError) as still:
        raise Unavailable from still


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "pgcode", None) or ""


def _describe(error: Exception) -> str:
    """What an operator needs to judge it; PostgreSQL's text cannot hold NUL."""
    shown = "".join(traceback.format_exception(error)[-3:])
    return f"{type(error).__name__}: {error}\n{shown}".replace("\x00", "")[:_ERROR_LENGTH]


def _count(
    service: str, subscription: str, outcomes: Sequence[Outcome], events: Sequence[Event]
) -> None:
    for outcome in outcomes:
        metrics.HANDLED.labels(service, subscription, outcome.verdict).inc()
    now, lag = datetime.now(UTC), metrics.LAG.labels(service, subscription)
    for event in events:
        lag.observe(max(0.0, (now - event.time).total_seconds()))
