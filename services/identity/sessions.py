"""Who is signed in where: a session for each sign-in, kept alive by refresh tokens used once.

A refresh token is 256 bits, of which only the SHA-256 is stored (RFC 9700 section 4.14). Its
successor is computed from it and the session's secret, so that whoever repeats a request whose
answer was lost gets the same one. Whoever presents a token later has stolen it, or was stolen from:
the session ends for both.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from contracts.events.identity import SessionEnded
from crmkit import tokens
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.records import ended_sessions
from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity import security_events
from services.identity.entities import Base

ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=30)
GRACE = timedelta(seconds=10)
"""For so long a used token is answered with the same successor, if that is not used yet."""
_TOKEN_BYTES = 32

session_table = Table(
    "session",
    Base.metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("user_id", Uuid(as_uuid=False), nullable=False, index=True),
    Column("method", Text, nullable=False, server_default="password"),
    Column("address", Text, nullable=False, server_default=""),
    Column("device", Text, nullable=False, server_default=""),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)

refresh_token = Table(
    "refresh_token",
    Base.metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column(
        "session_id",
        Uuid(as_uuid=False),
        ForeignKey("session.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("used_at", DateTime(timezone=True)),
)


class Renewed(NamedTuple):
    """What a refresh token was good for."""

    session_id: str
    user_id: str
    refresh_token: str


def begin(uow: UnitOfWork, user_id: str, method: str) -> tuple[str, str]:
    """Open a session for the user: its id, and its first refresh token."""
    session_id = new_id()
    uow.session.execute(
        insert(session_table).values(
            id=session_id,
            user_id=user_id,
            method=method,
            address=uow.origin.address,
            device=uow.origin.device,
            secret=secrets.token_bytes(_TOKEN_BYTES),
            created_at=uow.at,
            last_used_at=uow.at,
        )
    )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    _keep(uow, session_id, token)
    return session_id, token


def renew(uow: UnitOfWork, token: str) -> Renewed | None:
    """Trade a refresh token in for the next one.

    None for a token that is unknown, expired, of an ended session, or used before; the last ends
    the session.
    """
    # Those who present one token take turns, and each sees what the one before has done.
    used_at = refresh_token.c.used_at
    query = (
        select(session_table, used_at, refresh_token.c.expires_at)
        .join(refresh_token, refresh_token.c.session_id == session_table.c.id)
        .where(refresh_token.c.digest == _digest(token), session_table.c.revoked_at.is_(None))
        .with_for_update()
    )
    found = uow.session.execute(query).one_or_none()
    if found is None or found.expires_at <= uow.at:
        return None
    successor = _successor(found.secret, token)
    if found.used_at is None:
        spent = update(refresh_token).where(refresh_token.c.digest == _digest(token))
        uow.session.execute(spent.values(used_at=uow.at))
        _keep(uow, found.id, successor)
    elif uow.at - found.used_at > GRACE or _is_used(uow, successor):
        _end(uow, session_table.c.id == found.id)
        security_events.note(uow, "refresh_token_reused", found.user_id, session_id=found.id)
        return None
    used = {"last_used_at": uow.at, "address": uow.origin.address, "device": uow.origin.device}
    uow.session.execute(update(session_table).where(session_table.c.id == found.id).values(used))
    return Renewed(found.id, found.user_id, successor)


def end_by_token(uow: UnitOfWork, token: str) -> None:
    """End the session this refresh token belongs to; an unknown one ends nothing."""
    owner = select(refresh_token.c.session_id).where(refresh_token.c.digest == _digest(token))
    _end(uow, session_table.c.id == owner.scalar_subquery())


def end(uow: UnitOfWork, session_id: str) -> bool:
    """End this session; whether it had not ended already."""
    return bool(_end(uow, session_table.c.id == session_id))


def revoke_all(uow: UnitOfWork, user_id: str, *, but: str = "") -> int:
    """End every session of the user, except the one named; how many they were."""
    which = session_table.c.user_id == user_id
    return _end(uow, which if not but else which & (session_table.c.id != but))


def open_ones(user_id: str) -> ColumnElement[bool]:
    """The user's sessions that are alive."""
    fresh = refresh_token.c.expires_at > func.now()
    alive = exists().where(refresh_token.c.session_id == session_table.c.id, fresh)
    return (session_table.c.user_id == user_id) & session_table.c.revoked_at.is_(None) & alive


def owner_of(uow: UnitOfWork, session_id: str) -> str | None:
    """Whose session it is."""
    query = select(session_table.c.user_id).where(session_table.c.id == session_id)
    return uow.session.scalar(query)


def tell_ended(uow: UnitOfWork, user_id: str, ids: Iterable[str]) -> None:
    """Let every service refuse the access tokens of these sessions, this one from the commit on."""
    until = uow.at + ACCESS_LIFETIME + timedelta(seconds=tokens.LEEWAY)
    named = dict.fromkeys(ids, until)
    ended_sessions.remember(uow.session, named)
    for session_id in named:
        told = SessionEnded(user_id, until.isoformat())
        uow.tell("session", session_id, "ended", 1, asdict(told))


def prune(database: Database, _: Settings) -> None:
    """Forget tokens that have expired, and the sessions that have none left."""
    with database.transaction() as session:
        session.execute(delete(refresh_token).where(refresh_token.c.expires_at < datetime.now(UTC)))
        kept = exists().where(refresh_token.c.session_id == session_table.c.id)
        session.execute(delete(session_table).where(~kept))


def _end(uow: UnitOfWork, which: ColumnElement[bool]) -> int:
    ended = (
        update(session_table)
        .where(which, session_table.c.revoked_at.is_(None))
        .values(revoked_at=uow.at)
        .returning(session_table.c.id, session_table.c.user_id)
    )
    rows = uow.session.execute(ended).all()
    for row in rows:
        tell_ended(uow, row.user_id, [row.id])
    return len(rows)


def _keep(uow: UnitOfWork, session_id: str, token: str) -> None:
    expires_at = uow.at + REFRESH_LIFETIME
    new = insert(refresh_token).values(
        digest=_digest(token), session_id=session_id, expires_at=expires_at
    )
    uow.session.execute(new)


def _is_used(uow: UnitOfWork, token: str) -> bool:
    used = refresh_token.c.used_at.is_not(None)
    query = select(used).where(refresh_token.c.digest == _digest(token))
    return bool(uow.session.scalar(query))


def _successor(secret: bytes, token: str) -> str:
    digest = hmac.digest(secret, token.encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
