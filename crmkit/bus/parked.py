"""Events a service could not apply: kept with the error until a person retries or discards them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import BaseModel
from pydantic import Field as Constraint
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    Uuid,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid_utils import uuid7

from contracts.caller import Caller
from contracts.errors import not_found, refused
from crmkit.bus import delayed, inbox
from crmkit.bus.transport import Delivery, Message
from crmkit.db import KIT

parked_event = Table(
    "parked_event",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("subscription", Text, nullable=False),
    Column("event_id", Uuid(as_uuid=False), nullable=False),
    Column("type", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("state", Text, nullable=False, server_default="parked"),
    Column("decided_by", Uuid(as_uuid=False)),
    Column("decided_at", DateTime(timezone=True)),
)
_WAITING = parked_event.c.state == "parked"
# A second delivery of an event that already waits for a decision is not a second case.
Index(
    "parked_event_waiting",
    parked_event.c.subscription,
    parked_event.c.event_id,
    unique=True,
    postgresql_where=_WAITING,
)


class ParkedQuery(BaseModel):
    """Which parked events are asked for."""

    state: str = Constraint(default="parked", description="`parked`, `retried` or `discarded`.")
    limit: int = Constraint(default=25, ge=1, le=200, description="How many a page.")
    cursor: str | None = Constraint(default=None, description="`next_cursor` of the page before.")


class Parked(BaseModel):
    """A parked event for the API; `event` is text where it is no JSON."""

    id: str
    subscription: str
    type: str
    event: Any
    error: str
    attempts: int
    parked_at: datetime
    state: Literal["parked", "retried", "discarded"]
    decided_by: str | None
    decided_at: datetime | None


class ParkedPage(BaseModel):
    """The oldest first."""

    items: list[Parked]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """`state` is parked, retried or discarded; the last two say who decided and when (UTC)."""

    id: str
    subscription: str
    event_id: str
    type: str
    event: bytes
    error: str
    attempts: int
    parked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None

    def document(self) -> dict[str, Any]:
        """For the API: the event as JSON, or as text if that is what is wrong with it."""
        try:
            event = orjson.loads(self.event)
        except orjson.JSONDecodeError:
            event = self.event.decode(errors="replace")
        return {
            "id": self.id,
            "subscription": self.subscription,
            "type": self.type,
            "event": event,
            "error": self.error,
            "attempts": self.attempts,
            "parked_at": self.parked_at.isoformat().replace("+00:00", "Z"),
            "state": self.state,
            "decided_by": self.decided_by,
            "decided_at": self.decided_at and self.decided_at.isoformat().replace("+00:00", "Z"),
        }


def park(session: Session, subscription: str, delivery: Delivery, error: str) -> None:
    """Keep a delivery for a decision; once, however often the message comes again."""
    statement = insert(parked_event).values(
        id=str(uuid7()),
        subscription=subscription,
        event_id=delivery.message.id,
        type=delivery.message.type,
        event=delivery.message.body,
        error=error,
        attempts=delivery.attempts + 1,
    )
    session.execute(
        statement.on_conflict_do_nothing(
            index_elements=["subscription", "event_id"], index_where=_WAITING
        )
    )


def list_parked(
    session: Session, *, state: str = "parked", cursor: str | None = None, limit: int = 25
) -> list[ParkedEvent]:
    """The oldest first; `cursor` is the id of the last one already seen."""
    query = select(parked_event).where(parked_event.c.state == state)
    if cursor is not None:
        query = query.where(parked_event.c.id > cursor)
    found = session.execute(query.order_by(parked_event.c.id).limit(limit))
    return [_read(row) for row in found]


def get(session: Session, parked_id: str) -> ParkedEvent:
    """One parked event, decided or not; raises Problem 404."""
    row = session.execute(select(parked_event).where(parked_event.c.id == parked_id)).one_or_none()
    if row is None:
        raise not_found("There is no such parked event.")
    return _read(row)


def retry(session: Session, parked_id: str, caller: Caller) -> ParkedEvent:
    """Deliver it again, to this one subscription, with all its tries before it.

    Raises Problem 404, or 409 `already_decided`. The redelivery commits with the decision, and
    goes through the inbox like any other, so that it can take effect once at most.
    """
    decided = _decide(session, parked_id, "retried", caller)
    message = Message(decided.event_id, decided.type, decided.event)
    delayed.postpone(session, decided.subscription, Delivery(message), 0)
    return decided


def discard(session: Session, parked_id: str, caller: Caller) -> ParkedEvent:
    """Leave it unapplied for good; a later copy of the same event is absorbed as a duplicate.

    Raises Problem 404, or 409 `already_decided`.
    """
    decided = _decide(session, parked_id, "discarded", caller)
    inbox.remember(session, decided.subscription, [decided.event_id])
    return decided


def waiting(session: Session) -> int:
    """How many events wait for a decision."""
    return session.scalar(select(func.count()).select_from(parked_event).where(_WAITING)) or 0


def _decide(session: Session, parked_id: str, state: str, caller: Caller) -> ParkedEvent:
    statement = (
        update(parked_event)
        .where(parked_event.c.id == parked_id, _WAITING)
        .values(state=state, decided_by=caller.user_id, decided_at=func.now())
        .returning(parked_event)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        earlier = get(session, parked_id)
        raise refused("already_decided", f"This event has been {earlier.state} already.")
    return _read(row)


def _read(row: Row[Any]) -> ParkedEvent:
    fields = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    return ParkedEvent(**(fields | {"event": bytes(fields["event"])}))
