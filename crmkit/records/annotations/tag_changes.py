"""Renaming, merging and deleting a tag over all services: one change that each applies for itself.

The change is told as an event, so a service that is down applies it when it is back; each says
which changes it has applied.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Table,
    Text,
    Uuid,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.errors import forbidden
from contracts.events.base import Event
from contracts.events.tags import TagReplaced
from crmkit.db import KIT
from crmkit.records.annotations import tags
from crmkit.records.annotations.tags import record_tag
from crmkit.unit_of_work import UnitOfWork, new_id

tag_change = Table(
    "tag_change",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("owner_id", Uuid(as_uuid=False), nullable=False),
    Column("tag", Text, nullable=False),
    Column("into", Text),
    Column("name", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Uuid(as_uuid=False), nullable=False),
    Index("ix_tag_change_owner_id_at", "owner_id", "at"),
)


class TagName(BaseModel):
    """What a tag is to be called; the name of another tag merges the two."""

    model_config = ConfigDict(extra="forbid")
    name: str


class TagChange(BaseModel):
    """A change of a tag over all services; `name` is null where the tag was deleted."""

    id: str
    tag: str
    name: str | None
    visibility: tags.Visibility
    at: datetime
    changed_by: str


class Newest(BaseModel):
    """How many of the newest are asked for."""

    limit: Annotated[int, Constraint(ge=1, le=200)] = 25


class TagChanges(BaseModel):
    """The changes that a service has applied, the newest first."""

    items: list[TagChange]


def order(
    uow: UnitOfWork, word: str, name: str | None, visibility: tags.Visibility
) -> dict[str, Any]:
    """Call a tag `name`, or delete it for None, here and in every service that hears of it.

    Raises Problem 403 where an ordinary user would change a shared tag, 422 for what is no tag.
    """
    if visibility == "shared" and not uow.caller.is_admin:
        raise forbidden("Only administrators may change a shared tag.")
    tag, _ = tags.read(word)
    into, name = (None, None) if name is None else tags.read(name)
    owner_id = tags.owner_of(uow, visibility)
    change_id = new_id()
    change = {
        "id": change_id,
        "owner_id": owner_id,
        "tag": tag,
        "into": into,
        "name": name,
        "at": uow.at,
        "changed_by": uow.caller.user_id,
    }
    _apply(uow.session, change)
    told = TagReplaced(
        owner_id=None if visibility == "shared" else owner_id,
        tag=tag,
        into=into,
        name=name,
        at=uow.at.isoformat(),
        changed_by=uow.caller.user_id,
    )
    uow.tell("tag", change_id, "replaced", 1, asdict(told))
    return _shown(change)


def applied(uow: UnitOfWork, *, limit: int) -> list[dict[str, Any]]:
    """The changes of shared tags and of the caller's own that this service has applied."""
    query = (
        select(tag_change)
        .where(tag_change.c.owner_id.in_([tags.EVERYBODY, uow.caller.user_id]))
        .order_by(tag_change.c.at.desc(), tag_change.c.id.desc())
        .limit(limit)
    )
    return [_shown(row) for row in uow.session.execute(query).mappings()]


def hear(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Apply changes that were ordered anywhere; those already applied change nothing."""
    for event in events:
        change = {**event.data, "id": event.subject}
        change["owner_id"] = change["owner_id"] or tags.EVERYBODY
        change["at"] = datetime.fromisoformat(change["at"])
        _apply(uow.session, change)


def _shown(change: Any) -> dict[str, Any]:
    return {
        "id": change["id"],
        "tag": change["tag"],
        "name": change["name"],
        "visibility": tags.visibility_of(change["owner_id"]),
        "at": change["at"],
        "changed_by": change["changed_by"],
    }


def _apply(session: Session, change: dict[str, Any]) -> None:
    """Apply the change, and anew those ordered after it that were heard before it."""
    turn = func.hashtextextended(f"tag_change/{change['owner_id']}", 0)
    session.execute(select(func.pg_advisory_xact_lock(turn)))
    known = insert(tag_change).values(change).on_conflict_do_nothing().returning(tag_change.c.id)
    if session.scalar(known) is None:
        return
    following = (
        select(tag_change)
        .where(tag_change.c.owner_id == change["owner_id"], tag_change.c.at >= change["at"])
        .order_by(tag_change.c.at, tag_change.c.id)
    )
    for each in session.execute(following).mappings().all():
        _replace(session, each)


def _replace(session: Session, change: Any) -> None:
    here = (
        record_tag.c.owner_id == change["owner_id"],
        record_tag.c.tag == change["tag"],
        record_tag.c.at <= change["at"],
    )
    if change["into"] == change["tag"]:
        session.execute(update(record_tag).where(*here).values(name=change["name"]))
        return
    if change["into"] is not None:
        names = [column.name for column in record_tag.columns]
        replaced = {"tag": literal(change["into"]), "name": literal(change["name"])}
        rows = select(*(replaced.get(n, record_tag.c[n]).label(n) for n in names)).where(*here)
        session.execute(insert(record_tag).from_select(names, rows).on_conflict_do_nothing())
    session.execute(delete(record_tag).where(*here))
