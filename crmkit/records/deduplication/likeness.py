"""Records that may be one and the same, however they are spelt: for people to look at and merge."""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import ColumnElement, Text, cast, func, literal, select

from contracts.errors import FieldError, invalid
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import access, store
from crmkit.records.deduplication import blocking
from crmkit.unit_of_work import UnitOfWork

_DROPPED = re.compile(blocking.DROPPED)
_APART = re.compile(r"[\W_]+")
_FORMS = re.compile(blocking.FORMS)
_MOST_LOOKED_AT = 500
_WEIGHTS: Mapping[Kind, float] = {Kind.EMAIL: 0.9, Kind.PHONE: 0.7, Kind.URL: 0.6}
_NAME = 0.8


class Reason(BaseModel):
    """A field in which two records are alike; `likeness` is 1 when they agree in it."""

    field: str
    likeness: float


class Candidate(BaseModel):
    """A record that may be the same; `score` from 0 to 1 grows with every reason."""

    id: str
    number: str | None
    label: str
    score: float
    reasons: list[Reason]


class Alike(BaseModel):
    """The likeliest first."""

    items: list[Candidate]


class Search(BaseModel):
    """Records that agree in all of `fields`, as far as case, spaces, punctuation and the forms of
    companies go; `after` is the `next` of the page before.
    """

    model_config = ConfigDict(extra="forbid")

    fields: Annotated[list[str], Constraint(min_length=1, max_length=5)]
    limit: Annotated[int, Constraint(ge=1, le=200)] = 25
    after: str | None = None


class Member(BaseModel):
    """One record of a group."""

    id: str
    number: str | None
    label: str


class GroupOfAlike(BaseModel):
    """Records that agree; `count` of them, the oldest ten shown."""

    key: str
    count: int
    records: list[Member]


class Groups(BaseModel):
    """A page of groups in the order of their keys; `next` is null on the last one."""

    items: list[GroupOfAlike]
    next: str | None


def of_record(uow: UnitOfWork, entity: Entity, key: str, limit: int) -> list[dict[str, Any]]:
    """Records that agree with this one in a name, an address or a telephone, or nearly.

    Raises Problem 404.
    """
    entity = uow.shown(entity)
    record = store.read(uow, entity, key)
    fields = blocking.telling(entity)
    told = {name: record[name] for name in fields if record.get(name)}
    if not told:
        return []
    table = entity.model.__table__
    columns = [entity.columns[name].label(name) for name in fields]
    query = (
        select(table.c.id, table.c.number, *columns)
        .where(
            blocking.sharing(entity, told),
            table.c.id != record["id"],
            table.c.deleted_at.is_(None),
            access.visible(entity, uow.caller),
        )
        .limit(_MOST_LOOKED_AT)
    )
    rows = uow.session.execute(query).mappings()
    found = [_candidate(entity, fields, told, dict(row)) for row in rows]
    found.sort(key=lambda one: (-one["score"], one["id"]))
    return found[:limit]


def groups(uow: UnitOfWork, entity: Entity, wish: Search) -> dict[str, Any]:
    """One page over the whole table. Raises Problem 403, 422."""
    access.require(entity, uow.caller, "find_duplicates")
    entity = uow.shown(entity)
    errors = [
        FieldError(f"/fields/{position}", "not_compared", f"cannot compare {name!r}")
        for position, name in enumerate(wish.fields)
        if (field := entity.own_fields.get(name)) is None or field.kind not in blocking.SPELT
    ]
    if errors:
        raise invalid(errors)
    table = entity.model.__table__
    spelt = [blocking.SPELT[entity.own_fields[n].kind](entity.columns[n]) for n in wish.fields]
    joined: ColumnElement[Any] = spelt[0]
    for one in spelt[1:]:
        joined = joined + literal(" / ") + one
    label = func.concat_ws(" ", *(cast(entity.columns[name], Text) for name in entity.label))
    each = (
        select(joined.collate("C").label("key"), table.c.id, table.c.number, label.label("label"))
        .where(table.c.deleted_at.is_(None), access.visible(entity, uow.caller))
        .subquery()
    )
    row = func.json_build_object("id", each.c.id, "number", each.c.number, "label", each.c.label)
    query = (
        select(each.c.key, func.count().label("count"), func.json_agg(row).label("records"))
        .where(each.c.key.is_not(None))
        .group_by(each.c.key)
        .having(func.count() > 1)
        .order_by(each.c.key)
        .limit(wish.limit + 1)
    )
    if wish.after is not None:
        query = query.where(each.c.key > wish.after)
    rows = uow.session.execute(query).all()
    items = [
        {
            "key": row.key,
            "count": row.count,
            "records": sorted(row.records, key=lambda one: one["id"])[:10],
        }
        for row in rows[: wish.limit]
    ]
    return {"items": items, "next": items[-1]["key"] if len(rows) > wish.limit else None}


def _candidate(
    entity: Entity, fields: Mapping[str, Field], told: Mapping[str, Any], row: Mapping[str, Any]
) -> dict[str, Any]:
    reasons: list[dict[str, Any]] = []
    apart = 1.0
    mine, other = entity.label_of(told), entity.label_of(row)
    likeness = SequenceMatcher(None, _plain(mine), _plain(other)).ratio() if mine and other else 0.0
    if likeness > _NAME:
        reasons.append({"field": entity.label[0], "likeness": round(likeness, 2)})
        apart *= 1 - _NAME * likeness
    for name, field in fields.items():
        weight = _WEIGHTS.get(field.kind)
        if weight is None or not told.get(name) or not row[name]:
            continue
        if _ends(field, told[name]) == _ends(field, row[name]):
            reasons.append({"field": name, "likeness": 1.0})
            apart *= 1 - weight
    return {
        "id": row["id"],
        "number": row["number"],
        "label": other,
        "score": round(1 - apart, 2),
        "reasons": reasons,
    }


def _plain(text: str) -> str:
    """The same for Python as `_words` is for PostgreSQL."""
    spaced = _APART.sub(" ", _DROPPED.sub("", text.casefold()))
    return _FORMS.sub("", spaced).replace(" ", "")


def _ends(field: Field, value: str) -> str:
    if field.kind is Kind.PHONE:
        return "".join(character for character in value if character.isdecimal())[
            -blocking.DIGITS :
        ]
    if field.kind is Kind.URL:
        value = value.casefold().partition("://")[2] or value.casefold()
        return value.removeprefix("www.").rstrip("/")
    return value.casefold().strip()
