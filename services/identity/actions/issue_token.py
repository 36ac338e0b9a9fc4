"""Signing in: a username and a password become an access token and a session that renews it."""

from threading import BoundedSemaphore
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select

from contracts.errors import Problem
from crmkit.unit_of_work import UnitOfWork
from services.identity import keys, passwords, sessions
from services.identity.entities.user import User


class Credentials(BaseModel):
    """What a person types to sign in."""

    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
    password: passwords.TypedPassword


class Tokens(BaseModel):
    """The answer of RFC 6749 section 5.1; `expires_in` is in seconds."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int = int(keys.ACCESS_LIFETIME.total_seconds())
    refresh_token: str


_TURN = BoundedSemaphore(4)
"""Checking a password takes 64 MiB and a core; who waits for a turn holds no connection yet."""


def issue_token(uow: UnitOfWork, credentials: Credentials) -> Tokens:
    """Open a session. Raises Problem 401, the same whatever was wrong and as slowly."""
    query = select(User.id, User.active).where(
        User.username == credentials.username.lower(), User.deleted_at.is_(None)
    )
    with _TURN:
        found = uow.session.execute(query).one_or_none()
        right = passwords.fits(uow, found.id if found else None, credentials.password)
    if found is None or not right or not found.active:
        raise Problem(401, "invalid_credentials", "The username or the password is wrong.")
    session_id, refresh_token = sessions.begin(uow, found.id)
    access_token = keys.sign(uow, found.id, session_id)
    return Tokens(access_token=access_token, refresh_token=refresh_token)
