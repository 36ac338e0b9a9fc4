"""A POST sent twice is done once: its answer is kept a day under the client's Idempotency-Key.

Source: draft-ietf-httpapi-idempotency-key-header, sections 2.6 and 2.7.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from contracts.errors import Problem, refused
from crmkit.db import KIT

RETENTION = timedelta(hours=24)
PRIMARY_KEY = "idempotency_key_pkey"
"""The constraint that fails when the same key was answered while this request was under way."""

idempotency_key = Table(
    "idempotency_key",
    KIT,
    Column("caller_id", Uuid(as_uuid=False), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

_BEGIN = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended(:caller_id || '/' || :key, 0)) AS claimed, "
    "k.digest, k.status, k.headers, k.body "
    "FROM (SELECT 1) AS one LEFT JOIN idempotency_key AS k "
    "ON k.caller_id = CAST(:caller_id AS uuid) AND k.key = :key"
)
KEEP_SQL = (
    "INSERT INTO idempotency_key (caller_id, key, digest, status, headers, body) VALUES "
    "(CAST(:caller_id AS uuid), :key, :digest, :status, CAST(:headers AS jsonb), :body)"
)
"""Keeps an answer; the journal writes it in the same statement as history and events."""

_PRUNE = text(
    "DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM idempotency_key WHERE created_at < now() - :keep LIMIT 10000))"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer given before."""

    status: int
    headers: dict[str, str]
    body: bytes


def digest(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same one."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()


def begin(session: Session, caller_id: str, key: str, request: bytes) -> Stored | None:
    """Claim the key for this transaction; the earlier answer when there is one.

    Raises Problem 409 while the first request is still under way, 422 when the key was used for
    another request.
    """
    row = session.execute(_BEGIN, {"caller_id": caller_id, "key": key}).one()
    if row.digest is None:
        if not row.claimed:
            raise refused("request_in_progress", "The first request with this key is under way.")
        return None
    if bytes(row.digest) != request:
        raise Problem(
            422, "idempotency_key_reused", "This Idempotency-Key was used for another request."
        )
    return Stored(row.status, row.headers, bytes(row.body))


def kept(caller_id: str, key: str, request: bytes, answer: Stored) -> dict[str, Any]:
    """The parameters of KEEP_SQL: an answer, to be kept in the transaction of what it answers."""
    return {
        "caller_id": caller_id,
        "key": key,
        "digest": request,
        "status": answer.status,
        "headers": orjson.dumps(answer.headers).decode(),
        "body": answer.body,
    }


def prune(session: Session) -> int:
    """Forget up to 10,000 answers older than a day; returns how many, 0 when done."""
    return session.execute(_PRUNE, {"keep": RETENTION}).rowcount  # type: ignore[attr-defined,no-any-return]
