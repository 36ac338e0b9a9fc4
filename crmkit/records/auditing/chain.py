"""The chain of the audit's rows: each holds the hash of the one before, each day that of the last.

`hash = SHA-256(prev || canonical JSON of the row)`, the JSON being that of `canonical`: its keys
sorted, without blanks, as UTF-8. The first row of a day holds the last hash of the day before it;
the first of all 32 zero bytes. What tells of a person is kept beside its row (`audit_personal`),
which holds a salted digest of it: so an erasure can remove it and the chain stays whole.

Who writes takes the chain's lock as the last thing before the commit, so that only audited acts of
one service ever wait for each other, and for no longer than three short statements and a commit.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Session

from crmkit.db import KIT
from crmkit.records.reading.rendering import to_json, to_json_types
from crmkit.unit_of_work import Act

GENESIS = bytes(32)
_SALT = 16

audit = Table(
    "audit",
    KIT,
    Column("day", Date, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_id", Uuid(as_uuid=False), nullable=False),
    Column("request_id", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Text),
    Column("details", Text, nullable=False, comment="canonical JSON"),
    Column("personal_digest", LargeBinary),
    Column("prev", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("uq_audit_at", "at", unique=True),
    Index("ix_audit_act_at", "act", "at"),
    Index("ix_audit_actor_id_at", "actor_id", "at"),
    Index("ix_audit_subject_id_at", "subject_id", "at"),
)
"""Rows are added and never changed: triggers refuse it, and so do the role's rights."""

audit_personal = Table(
    "audit_personal",
    KIT,
    Column("day", Date, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("content", Text, nullable=False, comment="canonical JSON"),
)
"""May be deleted, never changed."""

audit_day = Table(
    "audit_day",
    KIT,
    Column("day", Date, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""The head of each day: its last row. Only ever moved forward."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('audit', 0))")
# A statement of its own: it must see what was committed before the lock was had.
_HEAD = text(
    "SELECT clock_timestamp() AS now, head.* FROM (VALUES (1)) AS one LEFT JOIN "
    "(SELECT day, seq, at, hash FROM audit_day ORDER BY day DESC LIMIT 1) AS head ON true"
)
_ADD = text("""
    WITH rows AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(
            day date, seq int, at timestamptz, actor_id uuid, request_id text, act text,
            subject_type text, subject_id text, details text, personal_digest text, prev text,
            hash text, salt text, content text)
    ), added AS (
        INSERT INTO audit (day, seq, at, actor_id, request_id, act, subject_type, subject_id,
                           details, personal_digest, prev, hash)
        SELECT day, seq, at, actor_id, request_id, act, subject_type, subject_id,
               details, decode(personal_digest, 'hex'), decode(prev, 'hex'), decode(hash, 'hex')
        FROM rows
    ), kept AS (
        INSERT INTO audit_personal (day, seq, salt, content)
        SELECT day, seq, decode(salt, 'hex'), content FROM rows WHERE content IS NOT NULL
    )
    INSERT INTO audit_day AS held (day, seq, at, hash)
    SELECT day, seq, at, decode(hash, 'hex') FROM rows ORDER BY seq DESC LIMIT 1
    ON CONFLICT (day) DO UPDATE SET seq = excluded.seq, at = excluded.at, hash = excluded.hash
""")


def extend(session: Session, acts: Sequence[Act]) -> None:
    """Add these acts to the chain; others wait from here to the end of the transaction.

    Their time is that of the writing, by the database's clock, and never that of an earlier row.
    """
    session.execute(_LOCK)
    head = session.execute(_HEAD).one()
    now: datetime = head.now.astimezone(UTC)
    if head.day is not None:
        now = max(now, head.at.astimezone(UTC) + timedelta(microseconds=1))
    day = now.date()
    seq = head.seq if head.day == day else 0
    prev = GENESIS if head.day is None else bytes(head.hash)
    rows = []
    for place, act in enumerate(acts):
        row = _row(act, day, seq + place + 1, now + timedelta(microseconds=place))
        kept = _kept_apart(act.personal)
        row |= {"personal_digest": kept.pop("digest", None), "prev": prev.hex()}
        prev = digest(prev, row)
        rows.append({**row, "hash": prev.hex(), **kept})
    session.execute(_ADD, {"rows": orjson.dumps(rows).decode()})


def _row(act: Act, day: date, seq: int, at: datetime) -> dict[str, Any]:
    return {
        "day": day.isoformat(),
        "seq": seq,
        "at": instant(at),
        "actor_id": act.caller.user_id,
        "request_id": act.caller.request_id,
        "act": act.name,
        "subject_type": act.subject_type,
        "subject_id": act.subject_id,
        "details": _in_json(act.details),
    }


def _in_json(values: Mapping[str, Any]) -> str:
    return orjson.dumps(to_json_types(dict(values)), option=orjson.OPT_SORT_KEYS).decode()


def _kept_apart(values: Mapping[str, Any]) -> dict[str, Any]:
    if not values:
        return {}
    salt, content = secrets.token_bytes(_SALT), _in_json(values)
    digested = personal_digest(salt, content).hex()
    return {"digest": digested, "salt": salt.hex(), "content": content}


def personal_digest(salt: bytes, content: str) -> bytes:
    """What a row holds of the personal part kept beside it; without the salt it tells nothing."""
    return hashlib.sha256(salt + content.encode()).digest()


_HASHED = (
    "day",
    "seq",
    "at",
    "actor_id",
    "request_id",
    "act",
    "subject_type",
    "subject_id",
    "details",
    "personal_digest",
)


def instant(at: datetime) -> str:
    """An instant as it is hashed: RFC 3339 in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def canonical(row: Mapping[str, Any]) -> bytes:
    """The row as it is hashed: days and instants as texts, digests in hexadecimal."""
    return to_json({name: row[name] for name in sorted(_HASHED)})


def digest(prev: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of a row that follows the one with the hash `prev`."""
    return hashlib.sha256(prev + canonical(row)).digest()
