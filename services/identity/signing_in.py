"""The last step of every way in: a session, its tokens, and a line in the history of sign-ins."""

from threading import BoundedSemaphore
from typing import Any

from pydantic import BaseModel

from contracts.errors import FieldError, Problem, invalid
from crmkit.unit_of_work import UnitOfWork
from services.identity import (
    challenges,
    keys,
    password_links,
    passwords,
    security_events,
    sessions,
    sign_ins,
    throttling,
)
from services.identity.sign_ins import Outcome
from services.identity.throttling import Gate

PASSWORD = "password"  # noqa: S105 - the method's name

TURN = BoundedSemaphore(4)
"""Checking a password takes 64 MiB and a core; who waits for a turn holds no connection yet."""


class Tokens(BaseModel):
    """The answer of RFC 6749 section 5.1; `expires_in` is in seconds."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int = int(sessions.ACCESS_LIFETIME.total_seconds())
    refresh_token: str


def begin(uow: UnitOfWork, user_id: str, method: str) -> Tokens:
    """Open a session for somebody who has shown that they are this user."""
    session_id, refresh_token = sessions.begin(uow, user_id, method)
    sign_ins.note(uow, user_id, method, "signed_in", session_id)
    access_token = keys.sign(uow, user_id, session_id)
    return Tokens(access_token=access_token, refresh_token=refresh_token)


def refuse(uow: UnitOfWork, gate: Gate, user_id: str | None, method: str, outcome: Outcome) -> None:
    """Count the failure, so that the next attempts must wait, and write it down."""
    if throttling.failed(uow, gate):
        security_events.note(uow, "attempts_delayed", user_id, method=method)
    sign_ins.note(uow, user_id, method, outcome)


def check_password(uow: UnitOfWork, user: Any, password: str, at: str) -> Problem | None:
    """422 that names `at` unless this is the user's password; counted as at the door.

    Raises Problem 429.
    """
    with TURN:
        gate = throttling.gate(uow.session, uow, PASSWORD, user.username, user.id)
        throttling.enter(uow, gate)
        right = passwords.fits(uow, user.id, password)
    if right:
        throttling.passed(uow, gate)
        return None
    refuse(uow, gate, user.id, PASSWORD, "wrong_password")
    return invalid([FieldError(at, "wrong_password", "is not your password")])


def shut_out(uow: UnitOfWork, user_id: str) -> None:
    """End all that the user's password and second factor have opened, and all other ways to it."""
    sessions.revoke_all(uow, user_id)
    challenges.withdraw(uow, user_id)
    password_links.withdraw(uow, user_id)


def not_let_in() -> Problem:
    """401, the same whatever was wrong."""
    return Problem(401, "invalid_credentials", "The username or the password is wrong.")
