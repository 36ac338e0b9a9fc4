"""Giving somebody a password, and changing one's own."""

from pydantic import BaseModel, ConfigDict

from contracts.errors import FieldError, not_found
from crmkit.unit_of_work import UnitOfWork
from services.identity import password_rules, passwords, sessions
from services.identity.entities.user import User


class GivenPassword(BaseModel):
    """The password an administrator gives to a user."""

    model_config = ConfigDict(extra="forbid")
    password: passwords.TypedPassword


class ChangedPassword(BaseModel):
    """A user's own new password, with the one it replaces."""

    model_config = ConfigDict(extra="forbid")
    current_password: passwords.TypedPassword
    new_password: passwords.TypedPassword


def set_password(uow: UnitOfWork, user: User, body: GivenPassword) -> None:
    """Give the user this password; whoever is signed in with the old one is signed out.

    Raises Problem 422 that names every rule the password breaks.
    """
    password_rules.require(user, body.password, "/password")
    passwords.keep(uow, user.id, body.password)
    sessions.revoke_all(uow, user.id)


def change_my_password(uow: UnitOfWork, body: ChangedPassword) -> None:
    """Replace the caller's password and end all their sessions, this client's too.

    Raises Problem 422 when the current password is not that, or the new one breaks a rule.
    """
    user = uow.session.get(User, uow.caller.user_id)
    if user is None:
        raise not_found()
    wrong = []
    if not passwords.fits(uow, user.id, body.current_password):
        wrong = [FieldError("/current_password", "wrong_password", "is not your password")]
    password_rules.require(user, body.new_password, "/new_password", wrong)
    passwords.keep(uow, user.id, body.new_password)
    sessions.revoke_all(uow, user.id)
