"""Between password and second factor: who has shown the first and owes the second, for minutes."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
)

from contracts.errors import Problem
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base

LIFETIME = timedelta(minutes=5)
_TOKEN_BYTES = 32

challenge = Table(
    "sign_in_challenge",
    Base.metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Uuid(as_uuid=False), nullable=False, index=True),
    Column("method", Text, nullable=False),
    Column("enrol", Boolean, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)


def begin(uow: UnitOfWork, user_id: str, method: str, *, enrol: bool) -> Problem:
    """401 with a challenge in it, which together with a code makes the session.

    With `enrol` the user must have one but has not yet: they enrol an authenticator first.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    values = {"user_id": user_id, "method": method, "enrol": enrol}
    new = insert(challenge).values(digest=_digest(token), expires_at=uow.at + LIFETIME, **values)
    uow.session.execute(new)
    return Problem(
        401,
        "enrolment_required" if enrol else "second_factor_required",
        "Enrol an authenticator to sign in." if enrol else "Send a code of your authenticator.",
        extra={"challenge": token, "expires_in": int(LIFETIME.total_seconds())},
    )


def find(uow: UnitOfWork, token: str) -> Any:
    """The row of a challenge that still stands. Raises Problem 401."""
    query = select(challenge).where(
        challenge.c.digest == _digest(token), challenge.c.expires_at > uow.at
    )
    found = uow.session.execute(query.with_for_update()).one_or_none()
    if found is None:
        raise Problem(401, "invalid_challenge", "Sign in with your password again.")
    return found


def met(uow: UnitOfWork, token: str) -> None:
    """It is good for no second session."""
    uow.session.execute(delete(challenge).where(challenge.c.digest == _digest(token)))


def withdraw(uow: UnitOfWork, user_id: str) -> None:
    """The password they rest on counts no more."""
    uow.session.execute(delete(challenge).where(challenge.c.user_id == user_id))


def prune(database: Database, _: Settings) -> None:
    """Forget those that have run out."""
    with database.transaction() as session:
        session.execute(delete(challenge).where(challenge.c.expires_at < datetime.now(UTC)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
