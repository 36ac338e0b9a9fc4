"""The second factor at the door, and its owner's way to enrol, renew and remove it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select

from contracts.errors import FieldError, Problem, invalid, not_found, refused
from crmkit.unit_of_work import UnitOfWork
from services.identity import (
    challenges,
    passwords,
    second_factors,
    security_events,
    signing_in,
    throttling,
)
from services.identity.entities.organisation import Organisation
from services.identity.entities.user import User
from services.identity.signing_in import Tokens

_METHOD = "second_factor"
Check = Callable[[UnitOfWork, str, str], object]
"""Whether a code is the user's."""

_Token = Annotated[str, StringConstraints(max_length=200)]
_Code = Annotated[str, StringConstraints(max_length=64)]


class Challenge(BaseModel):
    """What signing in with a password answered."""

    model_config = ConfigDict(extra="forbid")
    challenge: _Token


class MetChallenge(Challenge):
    """The same, with a code of the authenticator or a recovery code."""

    code: _Code


class Code(BaseModel):
    """A code that the authenticator shows, or a recovery code."""

    model_config = ConfigDict(extra="forbid")
    code: _Code


class OwnPassword(BaseModel):
    """The caller's password, so that an open session alone is not enough."""

    model_config = ConfigDict(extra="forbid")
    password: passwords.TypedPassword


class Enrolment(BaseModel):
    """For the authenticator app: as a code to scan, and as letters to type."""

    otpauth_uri: str
    secret: str


class RecoveryCodes(BaseModel):
    """Each is good for one sign-in without the authenticator. They are not shown again."""

    recovery_codes: list[str]


class SecondFactor(BaseModel):
    """Since when there is one, if there is; and whether there must be."""

    confirmed_at: datetime | None
    recovery_codes_left: int
    required: bool


def require_second_factor(uow: UnitOfWork, user: User, method: str) -> Problem | None:
    """The challenge that stands between the right password and a session, if one does."""
    if second_factors.has_one(uow, user.id):
        return challenges.begin(uow, user.id, method, enrol=False)
    if _required(uow, user):
        return challenges.begin(uow, user.id, method, enrol=True)
    return None


def meet_challenge(uow: UnitOfWork, body: MetChallenge) -> Tokens | Problem:
    """Sign in with the second factor, or with the first code of one just enrolled.

    Problem 401 for a wrong code or a challenge that has run out, 429 after too many wrong ones.
    """
    wanted = challenges.find(uow, body.challenge)
    user = _active(uow, wanted.user_id)
    gate = throttling.gate(uow.session, uow, _METHOD, user.id, user.id)
    throttling.enter(uow, gate)
    if wanted.enrol:
        method = "totp" if second_factors.confirm(uow, user.id, body.code) else ""
    else:
        method = second_factors.fits(uow, user.id, body.code)
    if not method:
        signing_in.refuse(uow, gate, user.id, _METHOD, "wrong_code")
        return Problem(401, "wrong_code", "The code is not right, or was used before.")
    throttling.passed(uow, gate)
    challenges.met(uow, body.challenge)
    if wanted.enrol:
        security_events.note(uow, "second_factor_enrolled", user.id)
    return signing_in.begin(uow, user.id, f"{wanted.method}+{method}")


def enrol_at_the_door(uow: UnitOfWork, body: Challenge) -> Enrolment:
    """Enrol an authenticator on the way in, for who must have one. Raises Problem 401, 409."""
    wanted = challenges.find(uow, body.challenge)
    if not wanted.enrol:
        raise refused("second_factor_exists", "There is an authenticator already: send its code.")
    return _enrolment(uow, _active(uow, wanted.user_id))


def my_second_factor(uow: UnitOfWork) -> SecondFactor:
    """Whether the caller has a second factor, and how many recovery codes are left."""
    user = _me(uow)
    return SecondFactor(required=_required(uow, user), **second_factors.state(uow, user.id))


def enrol(uow: UnitOfWork, body: OwnPassword) -> Enrolment | Problem:
    """Begin to use an authenticator; it counts once a code of it is confirmed."""
    user = _me(uow)
    wrong = signing_in.check_password(uow, user, body.password, "/password")
    return wrong or _enrolment(uow, user)


def confirm(uow: UnitOfWork, body: Code) -> RecoveryCodes | Problem:
    """Let the authenticator count from now on; the answer has its recovery codes."""
    user = _me(uow)
    if wrong := _checked(uow, user, body.code, second_factors.confirm):
        return wrong
    security_events.note(uow, "second_factor_enrolled", user.id)
    return RecoveryCodes(recovery_codes=second_factors.new_recovery_codes(uow, user.id))


def renew_recovery_codes(uow: UnitOfWork, body: Code) -> RecoveryCodes | Problem:
    """Ten new recovery codes in place of all older ones."""
    user = _me(uow)
    if wrong := _checked(uow, user, body.code, second_factors.fits):
        return wrong
    security_events.note(uow, "recovery_codes_renewed", user.id)
    return RecoveryCodes(recovery_codes=second_factors.new_recovery_codes(uow, user.id))


def remove(uow: UnitOfWork, body: Code) -> Problem | None:
    """Do without a second factor. Raises Problem 409 where it is required."""
    user = _me(uow)
    if _required(uow, user):
        raise refused("second_factor_required", "You must have a second factor here.")
    if wrong := _checked(uow, user, body.code, second_factors.fits):
        return wrong
    second_factors.remove(uow, user.id)
    security_events.note(uow, "second_factor_removed", user.id)
    return None


def remove_from(uow: UnitOfWork, user: User) -> None:
    """Take a lost second factor from this user, and sign them out everywhere."""
    if second_factors.remove(uow, user.id):
        signing_in.shut_out(uow, user.id)
        security_events.note(uow, "second_factor_removed", user.id)


def _checked(uow: UnitOfWork, user: User, code: str, check: Check) -> Problem | None:
    """422 for a wrong code, counted as at the door."""
    gate = throttling.gate(uow.session, uow, _METHOD, user.id, user.id)
    throttling.enter(uow, gate)
    if check(uow, user.id, code):
        throttling.passed(uow, gate)
        return None
    signing_in.refuse(uow, gate, user.id, _METHOD, "wrong_code")
    return invalid([FieldError("/code", "wrong_code", "is not right, or was used before")])


def _enrolment(uow: UnitOfWork, user: User) -> Enrolment:
    secret, uri = second_factors.enrol(uow, user.id, user.username)
    return Enrolment(otpauth_uri=uri, secret=secret)


def _required(uow: UnitOfWork, user: User) -> bool:
    if user.second_factor_required:
        return True
    whom = uow.session.scalar(select(Organisation.second_factor_for).limit(1))
    return whom == "everybody" or (whom == "administrators" and user.is_admin)


def _me(uow: UnitOfWork) -> User:
    user = uow.session.get(User, uow.caller.user_id)
    if user is None:
        raise not_found()
    return user


def _active(uow: UnitOfWork, user_id: str) -> User:
    query = select(User).where(User.id == user_id, User.active, User.deleted_at.is_(None))
    user = uow.session.scalars(query).one_or_none()
    if user is None:
        raise signing_in.not_let_in()
    return user
