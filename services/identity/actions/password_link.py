"""Setting a password by a link that was mailed: asked for, sent to an invited user, used once."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import func, or_, select

from contracts.errors import Problem, invalid, refused
from crmkit.unit_of_work import UnitOfWork
from services.identity import (
    password_links,
    password_rules,
    passwords,
    security_events,
    sign_ins,
    signing_in,
    throttling,
)
from services.identity.entities.user import User

_MOST = 5
"""Users with one e-mail address who each get a link."""


class Forgotten(BaseModel):
    """Who has forgotten their password: their username or e-mail address."""

    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]


class NewPassword(BaseModel):
    """The secret of the link, and the password to be set by it."""

    model_config = ConfigDict(extra="forbid")
    token: Annotated[str, StringConstraints(max_length=200)]
    password: passwords.TypedPassword


def forgot_password(uow: UnitOfWork, body: Forgotten) -> None:
    """Have a link mailed that sets a new password; the answer is the same if nobody is found.

    Raises Problem 429 for whoever asks too often.
    """
    typed = body.username.lower()
    gate = throttling.gate(uow.session, uow, "forgotten", typed, None)
    throttling.enter(uow, gate)
    throttling.failed(uow, gate)  # each request counts, or it would be a way to flood a mailbox
    named = or_(User.username == typed, func.lower(User.email) == typed)
    query = select(User).where(named, User.active, User.deleted_at.is_(None)).limit(_MOST)
    for user in uow.session.scalars(query).all():
        if user.email:
            password_links.issue(uow, user, "forgotten")
            security_events.note(uow, "password_link_sent", user.id, reason="forgotten")


def invite(uow: UnitOfWork, user: User) -> None:
    """Mail the user a link to set their first password, good for a day. Raises Problem 409."""
    if not user.email:
        raise refused("no_email_address", "The user has no e-mail address.")
    if not user.active:
        raise refused("inactive", "The user has been deactivated.")
    password_links.issue(uow, user, "invited")
    security_events.note(uow, "password_link_sent", user.id, reason="invited")


def use_password_link(uow: UnitOfWork, body: NewPassword) -> Problem | None:
    """Set the password by a link; whoever is signed in with the old one is signed out.

    Problem 401 for a link that is not good any more, 422 that names every rule the password breaks,
    in which case the link stays good.
    """
    found = password_links.owner(uow, body.token)
    user = None if found is None else uow.session.get(User, found.user_id)
    if user is None or not user.active or user.deleted_at is not None:
        return Problem(401, "invalid_link", "This link was used, or has run out: ask for another.")
    if flaws := password_rules.flaws(user, body.password, "/password"):
        raise invalid(flaws)
    passwords.keep(uow, user.id, body.password)
    signing_in.shut_out(uow, user.id)
    sign_ins.note(uow, user.id, "password_link", "password_set")
    security_events.note(uow, "password_changed", user.id, by="link")
    return None
