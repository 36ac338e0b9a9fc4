"""The service's own copy of who exists: people, their place in the role tree, token keys, by which
days they count, and what their rights rest on.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from contracts.events.base import Event
from crmkit.db import KIT
from crmkit.records import projection
from crmkit.records.rights import tables

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

ALL_USERS, SAME_ROLE_OR_BELOW, BELOW = ASSIGNS_TO = ("all_users", "same_role_or_below", "below")
"""To whom the people of a role may assign records."""

principal = Table(
    "principal",
    KIT,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("username", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("email", Text),
    Column("role_id", Uuid(as_uuid=False), index=True),
    Column("is_admin", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column("first_weekday", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False),
)

role = Table(
    "role",
    KIT,
    Column("role_id", Uuid(as_uuid=False), primary_key=True),
    Column("path", Text, nullable=False, index=True),
    Column("profile_ids", JSONB, nullable=False, server_default="[]"),
    Column("assigns_to", Text, nullable=False, server_default="all_users"),
    Column("name", Text),
    Column("version", Integer, nullable=False),
)

organisation = Table(
    "organisation_copy",
    KIT,
    Column("organisation_id", Uuid(as_uuid=False), primary_key=True),
    Column("fiscal_month", Integer, nullable=False),
    Column("sharing", JSONB, nullable=False, server_default="{}"),
    Column("version", Integer, nullable=False),
)

signing_key = Table(
    "signing_key",
    KIT,
    Column("key_id", Text, primary_key=True),
    Column("jwk", JSONB, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)


def apply_people(session: Session, events: Sequence[Event]) -> None:
    """Keep the copy of users, roles and what rights rest on, signing keys, the fiscal year.

    Events of other things are passed over.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _COPIES}
    for event in events:
        subject = event.type.split(".")[2]
        if subject not in _COPIES:
            continue
        _, row_of = _COPIES[subject]
        row = row_of(event, event.data["record"], deleted=event.data["deleted"])
        rows[subject].append({**row, "version": event.version})
    news = [
        subject
        for subject, (table, _) in _COPIES.items()
        if projection.keep(session, table, rows[subject])
    ]
    if not _RIGHTS.isdisjoint(news):
        tables.changed(session)


def shut_out(session: Session, leaver_id: str) -> None:
    """Let no user nor group be given anything that leaves, whether or not that has been heard."""
    session.execute(update(principal).where(principal.c.user_id == leaver_id).values(active=False))
    gone = update(tables.group).where(tables.group.c.group_id == leaver_id)
    session.execute(gone.values(deleted=True))
    tables.changed(session)


def _person(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    return {
        "user_id": event.subject,
        "username": record["username"],
        "display_name": record["display_name"],
        "email": record["email"],
        "role_id": record["role_id"],
        "is_admin": record["is_admin"],
        "active": record["active"] and not deleted,
        "time_zone": record["time_zone"],
        "first_weekday": weekday(record.get("first_day_of_week")),
    }


def weekday(name: str | None) -> int:
    """0 for Monday, which it also is for whoever has said nothing, to 6 for Sunday."""
    return WEEKDAYS.index(name) if name else 0


def _role(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    return {
        "role_id": event.subject,
        "path": "" if deleted else record["path"],
        "profile_ids": record.get("profile_ids") or [],
        "assigns_to": record.get("assigns_to") or ALL_USERS,
        "name": record.get("name"),
    }


def _organisation(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    month = 1 if deleted else record["fiscal_year_start_month"]
    sharing = record.get("sharing") or {}
    return {"organisation_id": event.subject, "fiscal_month": month, "sharing": sharing}


def _key(_event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    retired = record["retired"] or deleted
    return {"key_id": record["kid"], "jwk": record["jwk"], "retired": retired}


_COPIES: Mapping[str, tuple[Table, Callable[..., dict[str, Any]]]] = {
    "user": (principal, _person),
    "role": (role, _role),
    "organisation": (organisation, _organisation),
    "signing_key": (signing_key, _key),
    "profile": (tables.profile, tables.of_profile),
    "group": (tables.group, tables.of_group),
    "sharing_rule": (tables.sharing_rule, tables.of_rule),
}
_RIGHTS = _COPIES.keys() - {"signing_key"}
"""What the rights of somebody change with."""


def active(session: Session, ids: Collection[str]) -> set[str]:
    """Those of `ids` that are users who may sign in."""
    query = select(principal.c.user_id).where(principal.c.user_id.in_(ids), principal.c.active)
    return set(session.scalars(query)) if ids else set()
