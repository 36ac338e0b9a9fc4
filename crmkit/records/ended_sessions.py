"""Sign-ins that ended before their access tokens do: no service takes those tokens any more."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Table, Text, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.events.base import Event
from crmkit.db import KIT

ended_session = Table(
    "ended_session",
    KIT,
    Column("session_id", Text, primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
)


def apply_ended(session: Session, events: Sequence[Event]) -> None:
    """Keep the copy of what identity tells of ended sessions; other events are passed over."""
    subject = "session"
    ended = [event for event in events if event.type.split(".")[2] == subject]
    remember(session, {e.subject: datetime.fromisoformat(e.data["until"]) for e in ended})


def remember(session: Session, until: dict[str, datetime]) -> None:
    """Refuse tokens of these sessions until the last of them has expired anyway."""
    if until:
        rows = [{"session_id": name, "until": end} for name, end in sorted(until.items())]
        session.execute(insert(ended_session).values(rows).on_conflict_do_nothing())


def prune(session: Any) -> int:
    """Forget those whose tokens have all expired; returns how many."""
    old = ended_session.c.until < func.now()
    return session.execute(delete(ended_session).where(old)).rowcount  # type: ignore[no-any-return]
