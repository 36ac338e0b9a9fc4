"""Passwords: argon2id hashes, kept apart from the users' records so that no event carries one."""

import unicodedata
from functools import cache
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import StringConstraints
from sqlalchemy import Column, DateTime, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert

from crmkit import offload
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base

_LONGEST_EVER = 256

TypedPassword = Annotated[str, StringConstraints(max_length=_LONGEST_EVER)]
"""What may be sent as a password; what a new one must be like is in `password_rules`."""

# RFC 9106 section 4, second recommendation, with one lane: 64 MiB, three passes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)

credential = Table(
    "credential",
    Base.metadata,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)


def keep(uow: UnitOfWork, user_id: str, password: str) -> None:
    """Make this the user's password."""
    password_hash = offload.call(_HASHER.hash, _same_spelling(password))
    values = {"password_hash": password_hash, "changed_at": uow.at}
    new = insert(credential).values(user_id=user_id, **values)
    uow.session.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=values))


def fits(uow: UnitOfWork, user_id: str | None, password: str) -> bool:
    """Whether this is the password of the user.

    It takes as long for nobody (None) and for a user without a password, so that the time of the
    answer does not tell who exists. A hash with older parameters is renewed on the way.
    """
    kept = None
    if user_id is not None:
        query = select(credential.c.password_hash).where(credential.c.user_id == user_id)
        kept = uow.session.scalar(query)
    right = offload.call(_verify, kept or offload.call(_nobodys), _same_spelling(password))
    if kept is None or not right:
        return False
    if user_id is not None and _HASHER.check_needs_rehash(kept):
        keep(uow, user_id, password)
    return True


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody")


def _same_spelling(password: str) -> str:
    """An accented letter is one character on one keyboard and two on another (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)
