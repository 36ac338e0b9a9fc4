"""Staying signed in, and signing out: what a client does with its refresh token."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select

from contracts.errors import Problem
from crmkit.unit_of_work import UnitOfWork
from services.identity import keys, sessions
from services.identity.actions.issue_token import Tokens
from services.identity.entities.user import User


class RefreshToken(BaseModel):
    """The refresh token of the last answer; it is good for one use."""

    model_config = ConfigDict(extra="forbid")
    refresh_token: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,200}$")]


def refresh(uow: UnitOfWork, body: RefreshToken) -> Tokens:
    """Trade the refresh token in for new tokens.

    Raises Problem 401 for one that is not good any more; a used one ends its session.
    """
    renewed = sessions.renew(uow, body.refresh_token)
    if renewed is not None:
        session_id, user_id, refresh_token = renewed
        query = select(User.id).where(User.id == user_id, User.active, User.deleted_at.is_(None))
        if uow.session.scalar(query) is not None:
            access_token = keys.sign(uow, user_id, session_id)
            return Tokens(access_token=access_token, refresh_token=refresh_token)
    raise Problem(401, "invalid_refresh_token", "Sign in again: this session has ended.")


def logout(uow: UnitOfWork, body: RefreshToken) -> None:
    """End the session; that it had ended already is no error."""
    sessions.end(uow, body.refresh_token)
