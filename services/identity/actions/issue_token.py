"""Signing in: a username and a password become an access token and a session that renews it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import Problem
from crmkit.unit_of_work import UnitOfWork
from services.identity import passwords, sign_ins, signing_in, throttling
from services.identity.actions.second_factor import require_second_factor
from services.identity.entities.user import User
from services.identity.sign_ins import Outcome
from services.identity.signing_in import PASSWORD, Tokens


class Credentials(BaseModel):
    """What a person types to sign in."""

    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
    password: passwords.TypedPassword


def issue_token(uow: UnitOfWork, credentials: Credentials) -> Tokens | Problem:
    """Open a session, or answer with a challenge to show the second factor.

    Problem 401, the same whatever was wrong and as slowly; 429 after too many wrong ones.
    """
    username = credentials.username.lower()
    with Session(uow.session.get_bind()) as glance:
        # Whoever is too early is told so at once: neither a turn nor a password check is his.
        throttling.require(glance, _gate(glance, uow, username, _find(glance, username)), uow.at)
    with signing_in.TURN:
        found = _find(uow.session, username)
        gate = _gate(uow.session, uow, username, found)
        throttling.enter(uow, gate)
        right = passwords.fits(uow, found.id if found else None, credentials.password)
    if found is None or not right or not found.active:
        outcome: Outcome = "shut_out" if right and found is not None else "wrong_password"
        signing_in.refuse(uow, gate, found.id if found else None, PASSWORD, outcome)
        return signing_in.not_let_in()
    throttling.passed(uow, gate)
    if challenge := require_second_factor(uow, found, PASSWORD):
        sign_ins.note(uow, found.id, PASSWORD, "second_factor_wanted")
        return challenge
    return signing_in.begin(uow, found.id, PASSWORD)


def _find(session: Session, username: str) -> User | None:
    query = select(User).where(User.username == username, User.deleted_at.is_(None))
    return session.scalars(query).one_or_none()


def _gate(session: Session, uow: UnitOfWork, username: str, found: User | None) -> throttling.Gate:
    user_id = None if found is None else found.id
    return throttling.gate(session, uow, PASSWORD, username, user_id)
