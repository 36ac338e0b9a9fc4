"""Events that wait in the hearing service's own database for their next try.

The local transport keeps its retries here; both transports redeliver from here what a person
has chosen to retry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.orm import Session

from crmkit.bus.transport import Delivery, Message
from crmkit.db import KIT

delayed_event = Table(
    "delayed_event",
    KIT,
    Column("subscription", Text, primary_key=True),
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    Column("type", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
)
Index("delayed_event_due", delayed_event.c.due_at)

# The later of two due times stands: a copy of a message must not shorten its own wait.
_POSTPONE = text(
    "INSERT INTO delayed_event (subscription, event_id, type, event, due_at, attempts) VALUES "
    "(:subscription, :event_id, :type, :event, now() + make_interval(secs => :seconds), :attempts) "
    "ON CONFLICT (subscription, event_id) DO UPDATE SET "
    "due_at = greatest(delayed_event.due_at, excluded.due_at), "
    "attempts = greatest(delayed_event.attempts, excluded.attempts)"
)
_TAKE = text(
    "SELECT subscription, CAST(event_id AS text), type, event, attempts FROM delayed_event "
    "WHERE due_at <= now() AND subscription = ANY(:subscriptions) "
    "ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_FORGET = text(
    "DELETE FROM delayed_event "
    "WHERE subscription = :subscription AND event_id = ANY(CAST(:ids AS uuid[]))"
)
_COUNT = text("SELECT count(*) FROM delayed_event")


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come."""

    subscription: str
    delivery: Delivery


def postpone(session: Session, subscription: str, delivery: Delivery, seconds: float) -> None:
    """Deliver again in `seconds`; `delivery.attempts` counts the tries that have failed so far."""
    parameters = {
        "subscription": subscription,
        "event_id": delivery.message.id,
        "type": delivery.message.type,
        "event": delivery.message.body,
        "seconds": seconds,
        "attempts": delivery.attempts,
    }
    session.execute(_POSTPONE, parameters)


def take_due(session: Session, subscriptions: Sequence[str], limit: int) -> list[Due]:
    """Lock and return what is due for these subscriptions and not in another process's hands."""
    found = session.execute(_TAKE, {"subscriptions": list(subscriptions), "limit": limit})
    return [Due(row[0], Delivery(Message(row[1], row[2], bytes(row[3])), row[4])) for row in found]


def forget(session: Session, subscription: str, ids: Sequence[str]) -> None:
    """These need no further try."""
    session.execute(_FORGET, {"subscription": subscription, "ids": list(ids)})


def waiting(session: Session) -> int:
    """How many events wait for their next try."""
    return session.scalar(_COUNT) or 0
