"""Who is on their way to an identity provider and back: for ten minutes, and back once."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, Uuid, delete, insert
from sqlalchemy.orm import Session

from crmkit.config import Settings
from crmkit.db import Database
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base
from services.identity.single_sign_on import Departure

LIFETIME = timedelta(minutes=10)

sso_attempt = Table(
    "sso_attempt",
    Base.metadata,
    Column("state", LargeBinary, primary_key=True),
    Column("attempt", LargeBinary, nullable=False),
    Column("provider_id", Uuid(as_uuid=False), nullable=False),
    Column("nonce", Text, nullable=False),
    Column("code_verifier", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)


def begin(uow: UnitOfWork, provider_id: str, departure: Departure) -> str:
    """The secret by which the one who left is known to be the one who comes back."""
    attempt = secrets.token_urlsafe(32)
    values = {
        "state": _digest(departure.state),
        "attempt": _digest(attempt),
        "provider_id": provider_id,
        "nonce": departure.nonce,
        "code_verifier": departure.code_verifier,
        "expires_at": uow.at + LIFETIME,
    }
    uow.session.execute(insert(sso_attempt).values(values))
    return attempt


def take(uow: UnitOfWork, state: str, attempt: str) -> Any:
    """The row, which is gone at once whatever becomes of the sign-in; None if there is none."""
    with Session(uow.session.get_bind()) as apart, apart.begin():
        gone = delete(sso_attempt).where(sso_attempt.c.state == _digest(state))
        row = apart.execute(gone.returning(sso_attempt)).one_or_none()
    if row is None or row.expires_at <= uow.at:
        return None
    return row if hmac.compare_digest(bytes(row.attempt), _digest(attempt)) else None


def prune(database: Database, _: Settings) -> None:
    """Forget those who never came back."""
    with database.transaction() as session:
        session.execute(delete(sso_attempt).where(sso_attempt.c.expires_at < datetime.now(UTC)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
