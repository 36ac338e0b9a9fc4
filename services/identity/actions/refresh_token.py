"""Staying signed in, and signing out: what a client does with its refresh token."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select

from contracts.errors import Problem
from crmkit.unit_of_work import UnitOfWork
from services.identity import keys, sessions
from services.identity.entities.user import User
from services.identity.signing_in import Tokens


class RefreshToken(BaseModel):
    """The refresh token of the last answer; it is good for one use."""

    model_config = ConfigDict(extra="forbid")
    refresh_token: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,200}$")]


def refresh(uow: UnitOfWork, body: RefreshToken) -> Tokens | Problem:
    """Trade the refresh token in for new tokens.

    Problem 401 for one that is not good any more; one used before ends its session. Within ten
    seconds the same token gets the same successor, as long as that is unused: the answer was lost.
    """
    renewed = sessions.renew(uow, body.refresh_token)
    if renewed is not None:
        active = (User.id == renewed.user_id, User.active, User.deleted_at.is_(None))
        if uow.session.scalar(select(User.id).where(*active)) is not None:
            access_token = keys.sign(uow, renewed.user_id, renewed.session_id)
            return Tokens(access_token=access_token, refresh_token=renewed.refresh_token)
    return Problem(401, "invalid_refresh_token", "Sign in again: this session has ended.")


def logout(uow: UnitOfWork, body: RefreshToken) -> None:
    """End the session; that it had ended already is no error."""
    sessions.end_by_token(uow, body.refresh_token)
