"""Who signed in or tried to: when, from where, with what, and what came of it."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Session

from crmkit.config import Settings
from crmkit.db import Database
from crmkit.records.auditing import noting
from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity.entities import Base
from services.identity.listing import Listed, newest_first

KEPT = timedelta(days=400)
KNOWN_FOR = timedelta(days=90)
"""How long a network counts as the user's own after the last sign-in from there."""

Outcome = Literal[
    "signed_in", "second_factor_wanted", "wrong_password", "wrong_code", "shut_out", "password_set"
]

sign_in = Table(
    "sign_in",
    Base.metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("user_id", Uuid(as_uuid=False)),
    Column("method", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("session_id", Uuid(as_uuid=False)),
)
Index("ix_sign_in_user_id_id", sign_in.c.user_id, sign_in.c.id)
Index("ix_sign_in_at", sign_in.c.at)
Index(
    "ix_sign_in_known",
    sign_in.c.user_id,
    sign_in.c.network,
    postgresql_where=sign_in.c.outcome.in_(["signed_in", "password_set"]),
)
Index("ix_sign_in_failed", sign_in.c.at, postgresql_where=sign_in.c.outcome != "signed_in")


class SignIn(BaseModel):
    """One attempt. `method` is how: `password`, `totp`, `recovery_code`, `sso:<provider>` …"""

    id: str
    at: datetime
    user_id: str | None
    method: str
    outcome: Outcome
    address: str
    device: str
    session_id: str | None


class SignIns(BaseModel):
    """The newest first."""

    items: list[SignIn]
    next_cursor: str | None


def note(
    uow: UnitOfWork,
    user_id: str | None,
    method: str,
    outcome: Outcome,
    session_id: str | None = None,
) -> None:
    """Write it down, here and in the audit.

    A username that nobody has is not written down: it is now and then a password.
    """
    values = {
        "id": new_id(),
        "at": uow.at,
        "user_id": user_id,
        "method": method,
        "outcome": outcome,
        "address": uow.origin.address,
        "network": uow.origin.network,
        "device": uow.origin.device,
        "session_id": session_id,
    }
    uow.session.execute(insert(sign_in).values(values))
    details = {"method": method, "outcome": outcome, "session_id": session_id}
    personal = {"device": uow.origin.device} if uow.origin.device else {}
    noting.note(uow, "sign_in.attempted", "user", user_id, details=details, personal=personal)


def known(session: Session, user_id: str, network: str, at: datetime) -> bool:
    """Whether the user has signed in, or used a link, from this network in the last 90 days."""
    found = exists().where(
        sign_in.c.user_id == user_id,
        sign_in.c.network == network,
        sign_in.c.outcome.in_(["signed_in", "password_set"]),
        sign_in.c.method != "api_key",
        sign_in.c.at > at - KNOWN_FOR,
    )
    return bool(session.scalar(select(found)))


def failures_since(session: Session, instant: datetime) -> int:
    """How many attempts of anybody's have failed since."""
    fine = sign_in.c.outcome.in_(["signed_in", "second_factor_wanted", "password_set"])
    refused = sign_in.c.outcome != "signed_in"  # in so many words, for the index
    query = select(func.count()).where(sign_in.c.at > instant, refused, ~fine)
    return session.scalar(query) or 0


def of_user(uow: UnitOfWork, user_id: str, wish: Listed) -> dict[str, Any]:
    """The attempts at this user's account, as `SignIns`. Raises Problem 400."""
    return newest_first(uow, sign_in, SignIn, sign_in.c.user_id == user_id, wish)


def prune(database: Database, _: Settings) -> None:
    """Forget the oldest."""
    with database.transaction() as session:
        session.execute(delete(sign_in).where(sign_in.c.at < func.now() - KEPT))
