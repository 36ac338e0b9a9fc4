"""Links that set a password once: for an invited user, or one who has forgotten theirs.

No password is ever mailed. The link's secret leaves sealed, for the service that mails it; here
only its SHA-256 is kept.
"""

import hashlib
import secrets
from base64 import b64encode
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, Uuid, delete, insert, select

from contracts.events.identity import PasswordLinkIssued
from crmkit import sealing
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity.entities import Base

Reason = Literal["invited", "forgotten"]

LIFETIMES = {"invited": timedelta(hours=24), "forgotten": timedelta(hours=1)}
_TOKEN_BYTES = 32

password_link = Table(
    "password_link",
    Base.metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Uuid(as_uuid=False), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)


def issue(uow: UnitOfWork, user: Any, reason: Reason) -> None:
    """Have a link mailed to the user; older ones are good no more."""
    withdraw(uow, user.id)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = uow.at + LIFETIMES[reason]
    values = {"digest": _digest(token), "user_id": user.id, "reason": reason}
    uow.session.execute(insert(password_link).values(expires_at=expires_at, **values))
    link_id = new_id()
    told = PasswordLinkIssued(
        user_id=user.id,
        name=user.display_name,
        email=user.email,
        reason=reason,
        sealed=b64encode(sealing.seal(token, f"password_link/{link_id}")).decode(),
        expires_at=expires_at.isoformat(),
    )
    uow.tell("password_link", link_id, "issued", 1, asdict(told))


def owner(uow: UnitOfWork, token: str) -> Any:
    """Whose link this is, and why they have it; None for one that is not good (any more).

    Held until this transaction ends: of several who use it at once, one does.
    """
    query = select(password_link).where(
        password_link.c.digest == _digest(token), password_link.c.expires_at > uow.at
    )
    return uow.session.execute(query.with_for_update()).one_or_none()


def withdraw(uow: UnitOfWork, user_id: str) -> None:
    """No link of the user's is good any more."""
    uow.session.execute(delete(password_link).where(password_link.c.user_id == user_id))


def prune(database: Database, _: Settings) -> None:
    """Forget those that have run out."""
    with database.transaction() as session:
        session.execute(delete(password_link).where(password_link.c.expires_at < datetime.now(UTC)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
