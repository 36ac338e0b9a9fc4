"""The service's own copy of what rights rest on: profiles, groups, sharing; and its version."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from contracts.events.base import Event
from crmkit.db import KIT

profile = Table(
    "profile_copy",
    KIT,
    Column("profile_id", Uuid(as_uuid=False), primary_key=True),
    Column("view_all", Boolean, nullable=False),
    Column("edit_all", Boolean, nullable=False),
    Column("modules", JSONB, nullable=False),
    Column("others", JSONB, nullable=False),
    Column("name", Text),
    Column("deleted", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

group = Table(
    "group_copy",
    KIT,
    Column("group_id", Uuid(as_uuid=False), primary_key=True),
    Column("name", Text, nullable=False),
    Column("members", JSONB, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

sharing_rule = Table(
    "sharing_rule_copy",
    KIT,
    Column("rule_id", Uuid(as_uuid=False), primary_key=True),
    Column("rule", JSONB, nullable=False, comment="as identity tells it"),
    Column("deleted", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

rights_version = Table(
    "rights_version",
    KIT,
    Column("one", Boolean, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""One row: how often anything changed that rights rest on; processes look whether it has."""

VERSION = func.coalesce(select(rights_version.c.version).scalar_subquery(), 0)


def changed(session: Session) -> None:
    """Let every process of the service take rights anew."""
    new = insert(rights_version).values(one=literal(value=True), version=1)
    version = rights_version.c.version + 1
    session.execute(new.on_conflict_do_update(index_elements=["one"], set_={"version": version}))


def of_profile(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    """The row of `profile` that an event stands for."""
    names = ("view_all", "edit_all", "modules", "others")
    kept = {name: record[name] for name in names} | {"name": record.get("name")}
    return {"profile_id": event.subject, **kept, "deleted": deleted}


def of_group(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    """The row of `group` that an event stands for."""
    kept = {"name": record["name"], "members": record["members"]}
    return {"group_id": event.subject, **kept, "deleted": deleted}


def of_rule(event: Event, record: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    """The row of `sharing_rule` that an event stands for."""
    return {"rule_id": event.subject, "rule": dict(record), "deleted": deleted}
