"""Tags: words that people hang on records, each for themselves or for everybody (spec 1.26).

A tag is its word: "VIP" and "vip" are one. Each service keeps the tags of its own records; to
rename, merge or delete one everywhere is a change that every service hears and applies.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert

from contracts.errors import FieldError, invalid, not_found
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records import access, store
from crmkit.records.reading import rendering
from crmkit.records.relations import naming
from crmkit.records.writing import telling
from crmkit.unit_of_work import UnitOfWork

EVERYBODY = "00000000-0000-0000-0000-000000000000"
"""The owner of a shared tag."""
LONGEST = 50

Visibility = Literal["private", "shared"]

record_tag = Table(
    "record_tag",
    KIT,
    Column("record_id", Uuid(as_uuid=False), primary_key=True),
    Column("owner_id", Uuid(as_uuid=False), primary_key=True),
    Column("tag", Text, primary_key=True, comment="the word as it is compared"),
    Column("name", Text, nullable=False, comment="the word as it was written"),
    Column("entity", Text, nullable=False),
    Column("tagged_by", Uuid(as_uuid=False), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_record_tag_owner_id_tag", "owner_id", "tag", "record_id"),
)

_SPACES = re.compile(r"\s+")


class Tagging(BaseModel):
    """How a record is tagged: for oneself, or for everybody who sees the record."""

    model_config = ConfigDict(extra="forbid")
    visibility: Visibility = "private"


class WhichTag(BaseModel):
    """Which of two tags with the same word is meant."""

    visibility: Visibility = "private"


class Tagged(BaseModel):
    """A tag of one record."""

    name: str
    visibility: Visibility
    tagged_by: str
    at: datetime


class Tags(BaseModel):
    """The tags of one record."""

    items: list[Tagged]


class CloudTag(BaseModel):
    """A tag and how many of the records one sees have it."""

    name: str
    visibility: Visibility
    count: int


class Cloud(BaseModel):
    """The tags in use, the most used first."""

    items: list[CloudTag]


def read(word: str) -> tuple[str, str]:
    """The tag that `word` names, as it is compared and as it is shown. Raises Problem 422."""
    name = _SPACES.sub(" ", word).strip()
    flaw = None
    if not name:
        flaw = ("required", "is a word")
    elif len(name) > LONGEST:
        flaw = ("too_long", f"has at most {LONGEST} characters")
    elif "," in name or any(unicodedata.category(c).startswith("C") for c in name):
        flaw = ("invalid", "has no comma and no control character")
    if flaw is not None:
        raise invalid([FieldError("/tag", *flaw)])
    return compared(name), name


def compared(word: str) -> str:
    """The form in which two spellings of one tag are the same."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", word)).strip().casefold()


def of_record(uow: UnitOfWork, entity: Entity, key: str) -> list[dict[str, Any]]:
    """The shared tags of a record and the caller's own. Raises Problem 404."""
    record = store.read(uow, entity, key)
    query = (
        select(record_tag)
        .where(record_tag.c.record_id == record["id"], _seen(uow))
        .order_by(record_tag.c.tag, record_tag.c.owner_id)
    )
    return [
        {
            "name": row["name"],
            "visibility": visibility_of(row["owner_id"]),
            "tagged_by": row["tagged_by"],
            "at": row["at"],
        }
        for row in uow.session.execute(query).mappings()
    ]


def add(uow: UnitOfWork, entity: Entity, key: str, word: str, visibility: Visibility) -> None:
    """Tag a record; doing so again changes nothing. Sharing a tag needs the right to edit.

    Raises Problem 403, 404, 405, 422.
    """
    tag, name = read(word)
    record = _record(uow, entity, key, visibility)
    row = {
        "record_id": record["id"],
        "owner_id": owner_of(uow, visibility),
        "tag": tag,
        "name": name,
        "entity": entity.name,
        "tagged_by": uow.caller.user_id,
        "at": uow.at,
    }
    added = insert(record_tag).values(row).on_conflict_do_nothing().returning(record_tag.c.tag)
    if uow.session.scalar(added) is not None and visibility == "shared":
        telling.remark(uow, entity, "tagged", record, {"tags": (None, name)})


def remove(uow: UnitOfWork, entity: Entity, key: str, word: str, visibility: Visibility) -> None:
    """Take a tag off a record. Raises Problem 403, 404 (also when it has no such tag), 405."""
    record = _record(uow, entity, key, visibility)
    removed = (
        delete(record_tag)
        .where(
            record_tag.c.record_id == record["id"],
            record_tag.c.owner_id == owner_of(uow, visibility),
            record_tag.c.tag == compared(word),
        )
        .returning(record_tag.c.name)
    )
    name = uow.session.scalar(removed)
    if name is None:
        raise not_found("The record has no such tag.")
    if visibility == "shared":
        telling.remark(uow, entity, "untagged", record, {"tags": (name, None)})


def _record(uow: UnitOfWork, entity: Entity, key: str, visibility: Visibility) -> dict[str, Any]:
    if visibility == "private":
        return store.read(uow, entity, key)
    return rendering.state(entity, store.fetch(uow, entity, key, "edit"))


def owner_of(uow: UnitOfWork, visibility: Visibility) -> str:
    """Whose tag it is."""
    return EVERYBODY if visibility == "shared" else uow.caller.user_id


def visibility_of(owner_id: str) -> Visibility:
    """The same the other way round."""
    return "shared" if owner_id == EVERYBODY else "private"


def _seen(uow: UnitOfWork) -> ColumnElement[bool]:
    return record_tag.c.owner_id.in_([EVERYBODY, uow.caller.user_id])


def cloud(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The tags in use on records that the caller sees, in one statement."""
    per_entity = [_counts(uow, entity) for entity in naming.viewable(uow)]
    if not per_entity:
        return []
    counted = union_all(*per_entity).subquery()
    total = func.sum(counted.c.records)
    query = (
        select(counted.c.owner_id, func.max(counted.c.name).label("name"), total.label("records"))
        .group_by(counted.c.owner_id, counted.c.tag)
        .order_by(total.desc(), counted.c.tag)
    )
    return [
        {"name": row.name, "visibility": visibility_of(row.owner_id), "count": int(row.records)}
        for row in uow.session.execute(query)
    ]


def _counts(uow: UnitOfWork, entity: Entity) -> Select[Any]:
    table = entity.model.__table__
    return (
        select(
            record_tag.c.owner_id,
            record_tag.c.tag,
            func.max(record_tag.c.name).label("name"),
            func.count().label("records"),
        )
        .join(table, table.c.id == record_tag.c.record_id)
        .where(_seen(uow), table.c.deleted_at.is_(None), access.visible(entity, uow.caller))
        .group_by(record_tag.c.owner_id, record_tag.c.tag)
    )


def _having(uow: UnitOfWork, *tags: str) -> Select[Any]:
    """SQL: the records that have one of these tags, as the caller sees it."""
    return select(record_tag.c.record_id).where(_seen(uow), record_tag.c.tag.in_(tags))


def held(
    uow: UnitOfWork, record_id: ColumnElement[Any], operator: str, words: Sequence[str]
) -> ColumnElement[bool]:
    """`filter[tags]`: whether a record has one of the tags; for `empty`, any at all."""
    if operator == "empty":
        some = select(literal(1)).where(record_tag.c.record_id == record_id, _seen(uow))
        return some.correlate_except(record_tag).exists()
    return record_id.in_(_having(uow, *sorted({compared(word) for word in words})))


def expression(uow: UnitOfWork, record_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """SQL: the names of a record's tags that the caller sees, as an array of JSON."""
    names = func.jsonb_agg(aggregate_order_by(record_tag.c.name, record_tag.c.tag))
    found = select(names).where(record_tag.c.record_id == record_id, _seen(uow))
    nothing = literal([], JSONB)
    return func.coalesce(found.correlate_except(record_tag).scalar_subquery(), nothing)


def tagged(
    uow: UnitOfWork, word: str, *, limit: int, cursor: str | None = None
) -> Mapping[str, Any]:
    """The records of this service with a tag, as people name them; those the caller sees."""
    tag = compared(word)
    return naming.page(
        uow,
        lambda _, record_id: record_id.in_(_having(uow, tag)),
        limit=limit,
        cursor=cursor,
    )


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """The tags of records that are gone for good."""
    del entity
    uow.session.execute(delete(record_tag).where(record_tag.c.record_id.in_(ids)))


def move(uow: UnitOfWork, entity: Entity, losers: Sequence[str], survivor: str) -> None:
    """Hang the tags of records on the one into which they were merged."""
    names = [column.name for column in record_tag.columns]
    kept = {
        "record_id": literal(survivor, Uuid(as_uuid=False)),
        "entity": literal(entity.name, Text),
    }
    columns = [kept.get(name, record_tag.c[name]).label(name) for name in names]
    rows = select(*columns).where(record_tag.c.record_id.in_(losers))
    moved = insert(record_tag).from_select(names, rows).on_conflict_do_nothing()
    uow.session.execute(moved)
    forget(uow, entity, losers)
