"""What people say to each other about a record: written, edited, taken back, read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from contracts.errors import FieldError, forbidden, invalid, not_found
from contracts.events.notices import Happening
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records import access, store
from crmkit.records.annotations import notices
from crmkit.records.annotations.comments.shapes import Comment, CommentPatch, NewComment
from crmkit.records.callers import as_caller
from crmkit.records.principals import principal
from crmkit.records.writing import telling
from crmkit.unit_of_work import UnitOfWork, new_id

comment = Table(
    "comment",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("record_id", Uuid(as_uuid=False), nullable=False),
    Column("thread_id", Uuid(as_uuid=False), nullable=False, comment="the first of its thread"),
    Column("parent_id", Uuid(as_uuid=False)),
    Column("author_id", Uuid(as_uuid=False), nullable=False),
    Column("body", Text, comment="empty once it was deleted"),
    Column("private", Boolean, nullable=False),
    Column("mentions", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("edited_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index("ix_comment_record_id_id", "record_id", "id"),
    Index("ix_comment_thread_id", "thread_id"),
)

comment_version = Table(
    "comment_version",
    KIT,
    Column("comment_id", Uuid(as_uuid=False), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""What a comment said before it was edited."""

_MENTION = re.compile(r"(?<![\w.@-])@([\w.+-]*\w)")
_MOST_MENTIONS = 50


def of_record(
    uow: UnitOfWork, entity: Entity, key: str, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of a record's comments that the caller may read. Raises Problem 404."""
    record = store.read(uow, entity, key)
    query = (
        _readable(uow)
        .where(comment.c.record_id == record["id"])
        .where(or_(comment.c.body.is_not(None), comment.c.id.in_(_answered(record["id"]))))
        .order_by(comment.c.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(comment.c.id < cursor)
    rows = [dict(row) for row in uow.session.execute(query).mappings()]
    items = _shown(uow, rows[:limit])
    return {"items": items, "next_cursor": items[-1]["id"] if len(rows) > limit else None}


def read(uow: UnitOfWork, entity: Entity, key: str, comment_id: str) -> dict[str, Any]:
    """One comment. Raises Problem 404."""
    record = store.read(uow, entity, key)
    return _shown(uow, [_find(uow, record, comment_id)])[0]


def versions(uow: UnitOfWork, entity: Entity, key: str, comment_id: str) -> list[Any]:
    """What the comment said before, the oldest first. Raises Problem 404."""
    found = _find(uow, store.read(uow, entity, key), comment_id)
    query = select(comment_version).where(comment_version.c.comment_id == found["id"])
    rows = uow.session.execute(query.order_by(comment_version.c.version))
    return [{"version": row.version, "body": row.body, "at": row.at} for row in rows]


def write(uow: UnitOfWork, entity: Entity, key: str, sent: NewComment) -> dict[str, Any]:
    """Comment on a record that one sees; whoever is mentioned and sees it too is told.

    Raises Problem 404, 422 for an answer to no comment of this record.
    """
    record = store.read(uow, entity, key)
    parent = None if sent.parent_id is None else _parent(uow, record, sent.parent_id)
    new = new_id()
    row = {
        "id": new,
        "entity": entity.name,
        "record_id": record["id"],
        "thread_id": parent["thread_id"] if parent else new,
        "parent_id": sent.parent_id,
        "author_id": uow.caller.user_id,
        "body": sent.body,
        "private": sent.private or (parent is not None and parent["private"]),
        "mentions": _mentioned(uow, sent.body),
        "created_at": uow.at,
        "edited_at": None,
        "version": 1,
    }
    uow.session.execute(comment.insert().values(row))
    _tell(uow, entity, "commented", record, row)
    _tell_mentioned(uow, entity, row, row["mentions"])
    return read(uow, entity, record["id"], row["id"])


def edit(
    uow: UnitOfWork, entity: Entity, key: str, comment_id: str, sent: CommentPatch
) -> dict[str, Any]:
    """Say it differently; what was said before is kept. Raises Problem 403, 404."""
    record = store.read(uow, entity, key)
    found = _find(uow, record, comment_id, locked=True)
    if found["author_id"] != uow.caller.user_id:
        raise forbidden("Only its author may edit a comment.")
    if found["body"] is None:
        raise not_found("The comment was deleted.")
    if found["body"] != sent.body:
        earlier = {"comment_id": found["id"], "version": found["version"]}
        earlier |= {"body": found["body"], "at": uow.at}
        uow.session.execute(comment_version.insert().values(earlier))
        changed = {
            "body": sent.body,
            "mentions": _mentioned(uow, sent.body),
            "edited_at": uow.at,
            "version": found["version"] + 1,
        }
        uow.session.execute(update(comment).where(comment.c.id == found["id"]).values(changed))
        row = {**found, **changed}
        _tell(uow, entity, "comment_changed", record, row)
        new = [person for person in row["mentions"] if person not in found["mentions"]]
        _tell_mentioned(uow, entity, row, new)
    return read(uow, entity, record["id"], found["id"])


def remove(uow: UnitOfWork, entity: Entity, key: str, comment_id: str) -> None:
    """Take back what was said, earlier versions too; answers stay. Raises Problem 403, 404."""
    record = store.read(uow, entity, key)
    found = _find(uow, record, comment_id, locked=True)
    if found["author_id"] != uow.caller.user_id and not uow.caller.is_admin:
        raise forbidden("Only its author and administrators may delete a comment.")
    if found["body"] is None:
        return
    emptied = {"body": None, "mentions": [], "version": found["version"] + 1}
    uow.session.execute(update(comment).where(comment.c.id == found["id"]).values(emptied))
    uow.session.execute(delete(comment_version).where(comment_version.c.comment_id == found["id"]))
    _tell(uow, entity, "comment_deleted", record, {**found, **emptied})


def _answered(record_id: str) -> Select[Any]:
    """The comments of a record under which something still stands, however deep."""
    of_record = (comment.c.record_id == record_id, comment.c.parent_id.is_not(None))
    standing = select(comment.c.parent_id).where(*of_record, comment.c.body.is_not(None))
    above = standing.cte("answered", recursive=True)
    higher = select(comment.c.parent_id).where(*of_record, comment.c.id == above.c.parent_id)
    return select(above.union(higher).c.parent_id)


def _readable(uow: UnitOfWork) -> Any:
    """With the authors' names; private ones by the caller and those below, or to the caller."""
    author = principal.c.display_name.label("author")
    query = select(comment, author).join(
        principal, principal.c.user_id == comment.c.author_id, isouter=True
    )
    return query.where(
        or_(
            comment.c.private.is_(False),
            access.visible_owners(uow.caller, comment.c.author_id),
            comment.c.mentions.contains([uow.caller.user_id]),
        )
    )


def _find(
    uow: UnitOfWork, record: Mapping[str, Any], comment_id: str, *, locked: bool = False
) -> Mapping[str, Any]:
    if not store.is_id(comment_id):
        raise not_found("There is no such comment.")
    query = _readable(uow).where(comment.c.id == comment_id, comment.c.record_id == record["id"])
    if locked:
        query = query.with_for_update(of=comment)
    row = uow.session.execute(query).mappings().one_or_none()
    if row is None:
        raise not_found("There is no such comment.")
    return dict(row)


def _parent(uow: UnitOfWork, record: Mapping[str, Any], parent_id: str) -> Mapping[str, Any]:
    query = _readable(uow).where(comment.c.record_id == record["id"], comment.c.body.is_not(None))
    row = None
    if store.is_id(parent_id):
        row = uow.session.execute(query.where(comment.c.id == parent_id)).mappings().one_or_none()
    if row is None:
        detail = "is no comment of this record"
        raise invalid([FieldError("/parent_id", "dangling_link", detail)])
    return dict(row)


def _mentioned(uow: UnitOfWork, body: str) -> list[str]:
    """The ids of the people whom `@username` names; other words with an @ are just words."""
    names = list(dict.fromkeys(name.lower() for name in _MENTION.findall(body)))[:_MOST_MENTIONS]
    if not names:
        return []
    query = select(principal.c.user_id).where(
        func.lower(principal.c.username).in_(names), principal.c.active
    )
    return list(uow.session.scalars(query.order_by(principal.c.username)))


def _shown(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    people = sorted({user_id for row in rows for user_id in row["mentions"]})
    names: dict[str, str] = {}
    if people:
        query = select(principal.c.user_id, principal.c.display_name)
        found = uow.session.execute(query.where(principal.c.user_id.in_(people)))
        names = {row.user_id: row.display_name for row in found}
    return [
        {
            **{name: row[name] for name in Comment.model_fields},
            "mentions": [
                {"user_id": user_id, "name": names.get(user_id, "")} for user_id in row["mentions"]
            ],
        }
        for row in rows
    ]


def _tell(
    uow: UnitOfWork, entity: Entity, fact: str, record: Mapping[str, Any], row: Mapping[str, Any]
) -> None:
    """History and event of a comment that all who see the record may read."""
    if row["private"]:
        return
    said = {name: row[name] for name in ("id", "parent_id", "author_id", "body", "mentions")}
    before = None if fact == "commented" else row["id"]
    after = None if fact == "comment_deleted" else row["id"]
    telling.remark(uow, entity, fact, record, {"comments": (before, after)}, comment=said)


def _tell_mentioned(
    uow: UnitOfWork, entity: Entity, row: Mapping[str, Any], people: Sequence[str]
) -> None:
    said = Happening("commented", uow.caller.user_id, uow.at.isoformat(), ("comments",))
    for user_id in people:
        reader = as_caller(uow.session, user_id)
        if reader is not None and user_id != uow.caller.user_id:
            notices.give(
                uow, entity, row["record_id"], reader, "mentioned", [said], text=row["body"]
            )


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """The comments of records that are gone for good, and what they said before."""
    del entity
    gone: ColumnElement[bool] = comment.c.record_id.in_(ids)
    theirs = select(comment.c.id).where(gone)
    uow.session.execute(delete(comment_version).where(comment_version.c.comment_id.in_(theirs)))
    uow.session.execute(delete(comment).where(gone))


def move(uow: UnitOfWork, entity: Entity, losers: Sequence[str], survivor: str) -> None:
    """The comments of records hang on the one into which they were merged."""
    here = {"record_id": survivor, "entity": entity.name}
    uow.session.execute(update(comment).where(comment.c.record_id.in_(losers)).values(here))
