"""Giving somebody a password, and changing one's own."""

from pydantic import BaseModel, ConfigDict

from contracts.errors import Problem, invalid, not_found
from crmkit.unit_of_work import UnitOfWork
from services.identity import password_rules, passwords, security_events, signing_in
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
    if flaws := password_rules.flaws(user, body.password, "/password"):
        raise invalid(flaws)
    passwords.keep(uow, user.id, body.password)
    signing_in.shut_out(uow, user.id)
    security_events.note(uow, "password_set", user.id)


def change_my_password(uow: UnitOfWork, body: ChangedPassword) -> Problem | None:
    """Replace the caller's password and end all their sessions, this client's too.

    Problem 422 when the current password is not that, or the new one breaks a rule; 429 after too
    many wrong ones.
    """
    user = uow.session.get(User, uow.caller.user_id)
    if user is None:
        raise not_found()
    flaws = password_rules.flaws(user, body.new_password, "/new_password")
    wrong = signing_in.check_password(uow, user, body.current_password, "/current_password")
    if wrong or flaws:
        return invalid([*(wrong.errors if wrong else ()), *flaws])
    passwords.keep(uow, user.id, body.new_password)
    signing_in.shut_out(uow, user.id)
    security_events.note(uow, "password_changed", user.id)
    return None
