"""Who is signed in where: a session for each sign-in, kept alive by refresh tokens used once.

A refresh token is 256 random bits, of which only the SHA-256 is stored (RFC 9700 section 4.14).
Whoever presents one a second time has stolen it, or was stolen from: the session ends for both.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Uuid,
    delete,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from crmkit.config import Settings
from crmkit.db import Database
from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity.entities import Base

REFRESH_LIFETIME = timedelta(days=30)
_TOKEN_BYTES = 32

session_table = Table(
    "session",
    Base.metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("user_id", Uuid(as_uuid=False), nullable=False, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
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


def begin(uow: UnitOfWork, user_id: str) -> tuple[str, str]:
    """Open a session for the user: its id, and its first refresh token."""
    session_id = new_id()
    uow.session.execute(
        insert(session_table).values(id=session_id, user_id=user_id, created_at=uow.at)
    )
    return session_id, _next_token(uow, session_id)


def renew(uow: UnitOfWork, token: str) -> tuple[str, str, str] | None:
    """Trade a refresh token in: the session's id, its user's id, the next token.

    None for a token that is unknown, expired, of an ended session, or used before; the last ends
    the session, also when this transaction is rolled back because of the refusal.
    """
    claimed = uow.session.scalar(
        update(refresh_token)
        .where(refresh_token.c.digest == _digest(token), refresh_token.c.used_at.is_(None))
        .values(used_at=uow.at)
        .returning(refresh_token.c.session_id)
    )
    if claimed is None:
        _end_if_used_before(uow, token)
        return None
    query = (
        select(session_table.c.user_id)
        .join(refresh_token, refresh_token.c.session_id == session_table.c.id)
        .where(
            refresh_token.c.digest == _digest(token),
            refresh_token.c.expires_at > uow.at,
            session_table.c.revoked_at.is_(None),
        )
        .with_for_update(of=session_table)
    )
    user_id = uow.session.scalar(query)
    if user_id is None:
        return None
    return claimed, user_id, _next_token(uow, claimed)


def end(uow: UnitOfWork, token: str) -> None:
    """End the session this refresh token belongs to; an unknown one ends nothing."""
    owner = select(refresh_token.c.session_id).where(refresh_token.c.digest == _digest(token))
    _revoke(uow.session, session_table.c.id == owner.scalar_subquery(), uow.at)


def revoke_all(uow: UnitOfWork, user_id: str) -> None:
    """End every session of the user."""
    _revoke(uow.session, session_table.c.user_id == user_id, uow.at)


def prune(database: Database, _: Settings) -> None:
    """Forget tokens that have expired, and the sessions that have none left."""
    with database.transaction() as session:
        session.execute(delete(refresh_token).where(refresh_token.c.expires_at < datetime.now(UTC)))
        kept = exists().where(refresh_token.c.session_id == session_table.c.id)
        session.execute(delete(session_table).where(~kept))


def _next_token(uow: UnitOfWork, session_id: str) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    uow.session.execute(
        insert(refresh_token).values(
            digest=_digest(token), session_id=session_id, expires_at=uow.at + REFRESH_LIFETIME
        )
    )
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _end_if_used_before(uow: UnitOfWork, token: str) -> None:
    """In a transaction of its own, since the refusal that follows rolls this one back."""
    query = select(refresh_token.c.session_id).where(refresh_token.c.digest == _digest(token))
    session_id = uow.session.scalar(query)
    if session_id is not None:
        with Session(uow.session.get_bind()) as apart, apart.begin():
            _revoke(apart, session_table.c.id == session_id, uow.at)


def _revoke(session: Session, which: object, at: datetime) -> None:
    session.execute(
        update(session_table)
        .where(which, session_table.c.revoked_at.is_(None))  # type: ignore[arg-type]
        .values(revoked_at=at)
    )
