"""API keys: how scripts and partners come in as a user, within scopes, until a day.

A key is shown once; its SHA-256 is kept. It is exchanged for the same short-lived token as any
other sign-in, so services never see a key.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    LargeBinary,
    Table,
    Text,
    Uuid,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity import sessions
from services.identity.entities import Base

PREFIX = "tandem_"
"""By which people, and programs that look for leaked secrets, know a key."""
LONGEST_DAYS = 366
_SHOWN = 12

api_key = Table(
    "api_key",
    Base.metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("user_id", Uuid(as_uuid=False), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("beginning", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Uuid(as_uuid=False), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Column("last_address", Text),
    Column("revoked_at", DateTime(timezone=True)),
)


def make(
    uow: UnitOfWork, user_id: str, name: str, scopes: list[str], days: int
) -> tuple[str, dict[str, Any]]:
    """A new key, which is not shown again, and its row."""
    key = PREFIX + secrets.token_urlsafe(32)
    values = {
        "id": new_id(),
        "user_id": user_id,
        "name": name,
        "beginning": key[:_SHOWN],
        "digest": _digest(key),
        "scopes": sorted(set(scopes)),
        "created_at": uow.at,
        "created_by": uow.caller.user_id,
        "expires_at": uow.at + timedelta(days=days),
    }
    uow.session.execute(insert(api_key).values(values))
    return key, values


def use(uow: UnitOfWork, key: str) -> Any:
    """The row of a key that is good, noted as used now; None for any other."""
    good = (api_key.c.digest == _digest(key), api_key.c.revoked_at.is_(None))
    used = {"last_used_at": uow.at, "last_address": uow.origin.address}
    query = update(api_key).where(*good, api_key.c.expires_at > uow.at).values(used)
    return uow.session.execute(query.returning(api_key)).one_or_none()


def revoke(uow: UnitOfWork, key_id: str) -> bool:
    """Take the key out of use, and the tokens it got; whether it was in use."""
    mine = (api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    query = update(api_key).where(*mine).values(revoked_at=uow.at).returning(api_key.c.user_id)
    user_id = uow.session.scalar(query)
    if user_id is not None:
        sessions.tell_ended(uow, user_id, [key_id])
    return user_id is not None


def owner_of(uow: UnitOfWork, key_id: str) -> str | None:
    """Whose key it is."""
    return uow.session.scalar(select(api_key.c.user_id).where(api_key.c.id == key_id))


def in_use(user_id: str, at: datetime) -> ColumnElement[bool]:
    """The user's keys that are good."""
    fresh = api_key.c.expires_at > at
    return (api_key.c.user_id == user_id) & api_key.c.revoked_at.is_(None) & fresh


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
