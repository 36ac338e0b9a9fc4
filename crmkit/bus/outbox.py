"""Events leave a service only by way of this table: written in the transaction of what they tell.

A caller that writes another row in the same breath builds one statement of its own from
INSERT_SQL, parameters() and WAKE_SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.orm import Session

from contracts.events.base import Event
from crmkit.bus import faults
from crmkit.bus.envelope import to_json
from crmkit.bus.transport import Message
from crmkit.db import KIT

CHANNEL = "tandem_outbox"
RETENTION = timedelta(days=7)

outbox = Table(
    "outbox",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("seq", BigInteger, Identity(), nullable=False),
    Column("type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent_at", DateTime(timezone=True)),
    Column("bulk", Boolean, nullable=False, server_default=false()),
)
"""`bulk` events are those of jobs, told by the hundred: what people wait for goes before them."""
Index("outbox_unsent", outbox.c.bulk, outbox.c.seq, postgresql_where=outbox.c.sent_at.is_(None))
Index("outbox_sent", outbox.c.sent_at, postgresql_where=outbox.c.sent_at.is_not(None))

INSERT_SQL = (
    "INSERT INTO outbox (id, type, body) SELECT * FROM unnest("
    "CAST(:outbox_ids AS uuid[]), CAST(:outbox_types AS text[]), CAST(:outbox_bodies AS bytea[]))"
)
WAKE_SQL = f"pg_notify('{CHANNEL}', '')"

_ADD = text(f"WITH added AS ({INSERT_SQL}) SELECT {WAKE_SQL}")
# Not a "last sequence sent" cursor: sequences commit out of order, and a late one would be lost.
_TAKE = text(
    "SELECT CAST(id AS text), type, body, seq, bulk FROM outbox WHERE sent_at IS NULL "
    "AND (NOT bulk AND seq > :after OR bulk AND :bulk AND seq > :after_bulk) "
    "ORDER BY bulk, seq LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_MARK = text("UPDATE outbox SET sent_at = now() WHERE id = ANY(CAST(:ids AS uuid[]))")
_BACKLOG = text(
    "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0) "
    "FROM outbox WHERE sent_at IS NULL"
)
_PRUNE = text(
    "DELETE FROM outbox WHERE id IN ("
    "SELECT id FROM outbox WHERE sent_at < now() - :keep LIMIT 10000)"
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events not yet sent: how many, and the age of the oldest in seconds."""

    count: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A batch in the hands of one relay, oldest first, all `bulk` or none; `last_seq` ends it."""

    messages: tuple[Message, ...]
    last_seq: int
    bulk: bool


def add(session: Session, events: Sequence[Event]) -> None:
    """Tell these events when, and only if, the session's transaction commits."""
    if events:
        session.execute(_ADD, parameters(events))
        faults.reached("outbox.added")


def parameters(events: Sequence[Event]) -> dict[str, Any]:
    """The bind parameters of INSERT_SQL."""
    return {
        "outbox_ids": [event.id for event in events],
        "outbox_types": [event.type for event in events],
        "outbox_bodies": [to_json(event) for event in events],
    }


def rows(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The rows of these events, for an insert into `outbox` built elsewhere."""
    return [{"id": e.id, "type": e.type, "body": to_json(e)} for e in events]


def take(
    session: Session, limit: int, *, bulk: bool = True, after: int = 0, after_bulk: int = 0
) -> Taken:
    """Lock and return the oldest unsent events that no other relay is at.

    Those of jobs come when there are no others, and only if `bulk`. `after` and `after_bulk` leave
    out those up to a `last_seq`; the late ones among them are found without it.
    """
    given = {"limit": limit, "bulk": bulk, "after": after, "after_bulk": after_bulk}
    found = session.execute(_TAKE, given).all()
    of_jobs = bool(found) and found[0].bulk
    alike = [row for row in found if row.bulk == of_jobs]
    messages = tuple(Message(row[0], row[1], bytes(row[2])) for row in alike)
    return Taken(messages, alike[-1].seq if alike else 0, of_jobs)


def mark_sent(session: Session, ids: Sequence[str]) -> None:
    """These can no longer be lost."""
    session.execute(_MARK, {"ids": list(ids)})


def backlog(session: Session) -> Backlog:
    """How far the relay is behind."""
    count, oldest = session.execute(_BACKLOG).one()
    return Backlog(count, float(oldest))


def prune(session: Session, keep: timedelta = RETENTION) -> int:
    """Delete up to 10,000 events sent longer ago than `keep`; returns how many, 0 when done."""
    return session.execute(_PRUNE, {"keep": keep}).rowcount  # type: ignore[attr-defined,no-any-return]
