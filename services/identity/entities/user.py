"""A user: a person who signs in, with one place in the role tree."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, invalid, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.personal import Beside
from crmkit.record import Record
from crmkit.records import principals
from crmkit.unit_of_work import UnitOfWork
from services.identity import (
    api_keys,
    challenges,
    password_links,
    passwords,
    projections,
    second_factors,
    sessions,
    sign_ins,
)
from services.identity.entities import Base, ownership_transfer

_USERNAME = re.compile(r"[\w.@+-]+")
_ADMINISTRATORS_LOCK = 0x61646D696E  # "admin": two administrators cannot remove each other at once


class User(Record, Base):
    """`username` is kept in lower case: people may write it as they like when they sign in."""

    __tablename__ = "user_account"

    username: Mapped[str] = f.text(length=100, required=True, unique=True, personal=True)
    first_name: Mapped[str | None] = f.text(length=100, personal=True)
    last_name: Mapped[str] = f.text(length=100, required=True, personal=True)
    display_name: Mapped[str] = f.text(length=201, read_only=True, default="", personal=True)
    email: Mapped[str | None] = f.email()
    role_id: Mapped[str | None] = f.link("role", when_deleted=f.KEEP)
    is_admin: Mapped[bool] = f.boolean()
    active: Mapped[bool] = f.boolean(default=True)
    second_factor_required: Mapped[bool] = f.boolean()
    reports_to_id: Mapped[str | None] = f.link("user")
    title: Mapped[str | None] = f.text(length=100, personal=True)
    department: Mapped[str | None] = f.text(length=100, personal=True)
    phone: Mapped[str | None] = f.phone()
    time_zone: Mapped[str] = f.text(length=64, default="UTC")
    first_day_of_week: Mapped[str] = f.picklist(principals.WEEKDAYS, default="Monday", fixed=True)
    search: Mapped[Any] = f.search("username", "first_name", "last_name", "email", "title")


def name_the_user(_: UnitOfWork, user: User, __: Snapshot) -> None:
    """One spelling of the username, and the name that others read."""
    user.username = user.username.lower()
    user.display_name = " ".join(name for name in (user.first_name, user.last_name) if name)


def keep_the_role(uow: UnitOfWork, user: User, before: Snapshot) -> None:
    """Hold on to the role until this commits, so that it is not deleted meanwhile."""
    if user.role_id is None or user.role_id == before.get("role_id"):
        return
    table = uow.entities["role"].model.__table__
    query = select(table.c.id).where(table.c.id == user.role_id, table.c.deleted_at.is_(None))
    with uow.session.no_autoflush:
        found = uow.session.scalar(query.with_for_update(read=True, key_share=True))
    if found is None:
        raise invalid([FieldError("/role_id", "dangling_link", "there is no such role")])


def report_upwards(uow: UnitOfWork, user: User, before: Snapshot) -> None:
    """Refuse a superior who, in the end, reports to this user."""
    if user.reports_to_id is None or user.reports_to_id == before.get("reports_to_id"):
        return
    people = select(User.id, User.reports_to_id)
    above = people.where(User.id == user.reports_to_id).cte("above", recursive=True)
    above = above.union(people.where(User.id == above.c.reports_to_id))
    with uow.session.no_autoflush:
        chain = uow.session.scalars(select(above.c.id)).all()
    if user.id in chain:
        detail = "nobody reports to themselves, not even by way of others"
        raise invalid([FieldError("/reports_to_id", "cycle", detail)])


def shut_out_the_inactive(uow: UnitOfWork, user: User, before: Snapshot) -> None:
    """Refuse to lose the last administrator, or oneself; end the sessions of whoever is out.

    Nobody comes back while their records are going to another.
    """
    if not before:
        return
    if before["is_admin"] and before["active"] and not (user.is_admin and user.active):
        _another_administrator(uow, user)
    if before["active"] and not user.active:
        if user.id == uow.caller.user_id:
            raise refused("own_user", "Nobody deactivates themselves: another administrator does.")
        sessions.revoke_all(uow, user.id)
    if user.active and not before["active"]:
        with uow.session.no_autoflush:
            ownership_transfer.refuse_meanwhile(uow, user.id)


def know_at_once(uow: UnitOfWork, user: User, _: Snapshot) -> None:
    """Identity's doors do not wait for its own event: they know the user when this commits."""
    projections.remember(uow, user, active=user.active)


def _another_administrator(uow: UnitOfWork, user: User) -> None:
    with uow.session.no_autoflush:
        uow.session.execute(select(func.pg_advisory_xact_lock(_ADMINISTRATORS_LOCK)))
        others = select(func.count()).where(
            User.is_admin, User.active, User.deleted_at.is_(None), User.id != user.id
        )
        if not uow.session.scalar(others):
            raise refused("last_administrator", "Somebody must be left who administers the suite.")


def has_a_role_unless_administrator(user: User, _: Snapshot) -> Iterator[FieldError]:
    """Everybody stands somewhere in the tree; only an administrator may stand outside."""
    if user.role_id is None and not user.is_admin:
        yield FieldError("/role_id", "required", "only an administrator may be without a role")


def has_a_plain_username(user: User, _: Snapshot) -> Iterator[FieldError]:
    """Something people can type and recognise: no spaces, no control characters."""
    if not _USERNAME.fullmatch(user.username):
        detail = "is made of letters, digits and . _ @ + - alone"
        yield FieldError("/username", "invalid", detail)


def lives_in_a_known_time_zone(user: User, _: Snapshot) -> Iterator[FieldError]:
    """The IANA time zone database knows it."""
    if not _is_time_zone(user.time_zone):
        yield FieldError("/time_zone", "unknown_value", "is no IANA time zone")


@lru_cache(maxsize=1024)
def _is_time_zone(name: str) -> bool:
    if name == "UTC":
        return True
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def who_works_here_is_known(user: User) -> str:
    """What people do is done in their name; whoever has left can be forgotten."""
    working = user.active and user.deleted_at is None
    return "This is an active user: deactivate the user first." if working else ""


KEPT_BESIDE = (
    Beside(sign_ins.sign_in, ("at", "method", "outcome", "address", "device")),
    Beside(sessions.session_table, ("created_at", "last_used_at", "method", "address", "device")),
    Beside(api_keys.api_key, ("created_at", "name", "last_used_at", "last_address")),
    *map(
        Beside,
        (
            challenges.challenge,
            password_links.password_link,
            passwords.credential,
            second_factors.authenticator,
            second_factors.recovery_code,
        ),
    ),
)

USER = Entity(
    model=User,
    name="user",
    plural="users",
    title="User",
    label=("display_name",),
    access=Access.ADMIN_WRITES,
    derive=(name_the_user, keep_the_role, report_upwards, shut_out_the_inactive, know_at_once),
    rules=(
        has_a_role_unless_administrator,
        has_a_plain_username,
        lives_in_a_known_time_zone,
    ),
    verbs=frozenset({"set_password", "administer", "deactivate"}),
    closed=frozenset({"merge", "purge"}),
    owns_records=True,
    person=True,
    holds=(who_works_here_is_known,),
    beside=KEPT_BESIDE,
    essential=True,
    examples={"time_zone": ("Europe/Berlin", "Asia/Shanghai", "UTC")},
)
