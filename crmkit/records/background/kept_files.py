"""Files that belong to long work, for a while: what was sent to be imported, what was exported."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from contracts.errors import not_found
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records.store import is_id
from crmkit.unit_of_work import UnitOfWork, new_id

RETENTION = timedelta(days=7)
"""How long a file can be fetched."""

kept_file = Table(
    "kept_file",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("actor_id", Uuid(as_uuid=False), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("details", JSONB, nullable=False, server_default="{}"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
kept_part = Table(
    "kept_part",
    KIT,
    Column(
        "file_id",
        Uuid(as_uuid=False),
        ForeignKey("kept_file.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("position", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
"""A file's bytes in their order; a part is whatever was written at once."""

KEPT_AFTER_PURGE = timedelta(days=1)
"""How long a file can still be fetched that may hold a record which is gone for good."""

PART = 1024 * 1024
"""Bytes of a part, where whoever writes is free to choose."""
_PRUNE = text(
    "DELETE FROM kept_file WHERE id IN (SELECT id FROM kept_file WHERE expires_at < now() LIMIT 20)"
)


def keep(
    uow: UnitOfWork,
    entity: Entity,
    name: str,
    media_type: str,
    *,
    details: Mapping[str, Any] | None = None,
    keep: timedelta = RETENTION,
) -> str:
    """A new, empty file of the caller's; its id."""
    values = {
        "id": new_id(),
        "entity": entity.name,
        "actor_id": uow.caller.user_id,
        "name": name,
        "media_type": media_type,
        "details": dict(details or {}),
        "expires_at": uow.at + keep,
    }
    uow.session.execute(insert(kept_file).values(values))
    return str(values["id"])


def find(uow: UnitOfWork, entity: Entity, file_id: str) -> Any:
    """The file's row, if it is the caller's or the caller an administrator. Raises Problem 404."""
    query = select(kept_file).where(
        kept_file.c.id == file_id,
        kept_file.c.entity == entity.name,
        kept_file.c.expires_at > func.now(),
    )
    if not uow.caller.is_admin:
        query = query.where(kept_file.c.actor_id == uow.caller.user_id)
    row = uow.session.execute(query).one_or_none() if is_id(file_id) else None
    if row is None:
        raise not_found("There is no such file any more.")
    return row


def describe(uow: UnitOfWork, file_id: str, details: Mapping[str, Any]) -> None:
    """Put `details` into what is known of the file."""
    known = kept_file.c.details.op("||")(details)
    uow.session.execute(update(kept_file).where(kept_file.c.id == file_id).values(details=known))


def append(uow: UnitOfWork, file_id: str, position: int, data: bytes) -> None:
    """The part of the file at this position."""
    part = {"file_id": file_id, "position": position, "data": data}
    uow.session.execute(insert(kept_part).values(part))


def write(uow: UnitOfWork, file_id: str, data: bytes) -> None:
    """All of the file, in place of what was in it."""
    replace(uow, file_id, (data[at : at + PART] for at in range(0, len(data), PART)))


def replace(uow: UnitOfWork, file_id: str, parts: Iterable[bytes]) -> int:
    """The file's parts, in place of those it had; returns how many."""
    uow.session.execute(delete(kept_part).where(kept_part.c.file_id == file_id))
    count = 0
    for position, data in enumerate(parts):
        append(uow, file_id, position, data)
        count += 1
    return count


def read(session: Session, file_id: str) -> bytes:
    """The whole file."""
    query = select(kept_part.c.data).where(kept_part.c.file_id == file_id)
    return b"".join(bytes(part) for part in session.scalars(query.order_by(kept_part.c.position)))


def parts(session: Session, file_id: str) -> Iterator[bytes]:
    """The file's parts one after the other."""
    position = 0
    while (data := part(session, file_id, position)) is not None:
        yield data
        position += 1


def part(session: Session, file_id: str, position: int) -> bytes | None:
    """One part; None when there is none at this position."""
    query = select(kept_part.c.data).where(
        kept_part.c.file_id == file_id, kept_part.c.position == position
    )
    found = session.scalar(query)
    return None if found is None else bytes(found)


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """Files with records of this entity go in a day: they may hold those that are gone for good."""
    del ids
    soon = uow.at + KEPT_AFTER_PURGE
    theirs = (kept_file.c.entity == entity.name) & (kept_file.c.expires_at > soon)
    uow.session.execute(update(kept_file).where(theirs).values(expires_at=soon))


def remove(uow: UnitOfWork, file_ids: Iterable[str]) -> None:
    """Keep these files no longer."""
    uow.session.execute(delete(kept_file).where(kept_file.c.id.in_(list(file_ids))))


def prune(session: Session) -> int:
    """Delete up to 20 files whose time has come; returns how many, 0 when done."""
    return session.execute(_PRUNE).rowcount  # type: ignore[attr-defined,no-any-return]
