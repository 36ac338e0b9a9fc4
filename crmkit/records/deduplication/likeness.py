"""Records that may be one and the same, however they are spelt: for people to look at and merge."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import ColumnElement, Text, cast, func, literal, or_, select

from contracts.errors import FieldError, invalid
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import access, store
from crmkit.unit_of_work import UnitOfWork

_COMPANY_FORMS = (
    "incorporated|corporation|company|limited|inc|corp|co|ltd|llc|llp|plc|gmbh|mbh|ag|kg|ohg|ug|"
    "bv|nv|vof|sa|sarl|sas|srl|spa|ab|as|oy|aps|pty|pte|有限公司|股份有限公司|公司"
)
_DROPPED = re.compile("[.,'\u2019]")
_APART = re.compile(r"[\W_]+")
_FORMS = re.compile(f"( ({_COMPANY_FORMS}))+ *$")
_DIGITS = 9
"""So many digits from the end name a telephone; what is before them people leave out."""
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


class Group(BaseModel):
    """Records that agree; `count` of them, the oldest ten shown."""

    key: str
    count: int
    records: list[Member]


class Groups(BaseModel):
    """A page of groups in the order of their keys; `next` is null on the last one."""

    items: list[Group]
    next: str | None


def of_record(uow: UnitOfWork, entity: Entity, key: str, limit: int) -> list[dict[str, Any]]:
    """Records that agree with this one in a name, an address or a telephone, or nearly.

    Raises Problem 404.
    """
    record = store.read(uow, entity, key)
    fields = _telling(entity)
    told = {name: record[name] for name in fields if record.get(name)}
    names = [name for name in entity.label if told.get(name)]
    alike = [_same(entity, name, fields[name], told[name]) for name in told if name not in names]
    if names:
        joined = " ".join(str(told[name]) for name in names)
        alike.append(_words(_joined(entity, names)) == _words(literal(joined, Text)))
    if not alike:
        return []
    table = entity.model.__table__
    columns = [entity.columns[name].label(name) for name in fields]
    query = (
        select(table.c.id, table.c.number, *columns)
        .where(
            or_(*alike),
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
    access.require(entity, uow.caller, "view")
    errors = [
        FieldError(f"/fields/{position}", "not_compared", f"cannot compare {name!r}")
        for position, name in enumerate(wish.fields)
        if (field := entity.own_fields.get(name)) is None or field.kind not in _COMPARED
    ]
    if errors:
        raise invalid(errors)
    table = entity.model.__table__
    spelt = [_spelt(entity.own_fields[n])(entity.columns[n]) for n in wish.fields]
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


def _telling(entity: Entity) -> dict[str, Field]:
    """The fields that tell who somebody is: names, addresses, telephones."""
    return {
        name: field
        for name, field in entity.own_fields.items()
        if field.kind in _WEIGHTS or (name in entity.label and field.kind is Kind.TEXT)
    }


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
        return "".join(character for character in value if character.isdecimal())[-_DIGITS:]
    if field.kind is Kind.URL:
        value = value.casefold().partition("://")[2] or value.casefold()
        return value.removeprefix("www.").rstrip("/")
    return value.casefold().strip()


def _words(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Letters and digits alone, in lower case, without the form of a company at the end."""
    lower = func.lower(cast(value, Text))
    undotted = func.regexp_replace(lower, _DROPPED.pattern, "", "g")
    spaced = func.regexp_replace(undotted, "[^[:alnum:]]+", " ", "g")
    formless = func.regexp_replace(spaced, _FORMS.pattern, "", "g")
    return func.nullif(func.replace(formless, " ", ""), "")


def _digits(value: ColumnElement[Any]) -> ColumnElement[Any]:
    digits = func.right(func.regexp_replace(value, "[^0-9]", "", "g"), _DIGITS)
    return func.nullif(digits, "")


def _site(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.nullif(
        func.rtrim(func.regexp_replace(func.lower(value), "^(https?://)?(www[.])?", ""), "/"), ""
    )


def _address(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.nullif(func.lower(func.btrim(value)), "")


_SPELT: Mapping[Kind, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    Kind.TEXT: _words,
    Kind.PICKLIST: _words,
    Kind.LINK: _words,
    Kind.EMAIL: _address,
    Kind.PHONE: _digits,
    Kind.URL: _site,
}
_COMPARED = frozenset(_SPELT)


def _spelt(field: Field) -> Callable[[ColumnElement[Any]], ColumnElement[Any]]:
    return _SPELT[field.kind]


def _same(entity: Entity, name: str, field: Field, value: Any) -> ColumnElement[bool]:
    spelt = _spelt(field)
    clause: ColumnElement[bool] = spelt(entity.columns[name]) == spelt(literal(value, Text))
    return clause


def _joined(entity: Entity, names: Sequence[str] | Iterable[str]) -> ColumnElement[Any]:
    return func.concat_ws(" ", *(cast(entity.columns[name], Text) for name in names))
