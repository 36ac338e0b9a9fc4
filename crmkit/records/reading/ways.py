"""The ways in which records are somebody's: by their owner, or by what they lie below.

Each way is a column that an index has together with the id, and the keys in it that count. These
are the clauses for the newest such records (ADR 27).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
    union_all,
)

from contracts.rights import Owners, Shared
from crmkit.entity import Entity
from crmkit.records import access

LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

_RECORDS_ABOVE = 100
"""So many records of an owner are taken to have others below; to count them costs more."""

_ID = Uuid(as_uuid=False)
_IDS: ARRAY[Any] = ARRAY(_ID)
_FIRST_ID = literal_column("CAST('00000000-0000-0000-0000-000000000000' AS UUID)", _ID)
_ONE = literal_column("1", Integer)
_NONE = literal_column("0", Integer)

_BEFORE = cast(bindparam("before_id", type_=Text), _ID)
_WALKED, _MOST_KEYS, _MOST_FOUND, _MOST_SORTED, _ENOUGH, _ALL_BUT_ONE = (
    bindparam(name, type_=Integer)
    for name in ("walked", "most_keys", "most_found", "most_sorted", "enough", "all_but_one")
)
"""What differs from one request to the next; the statements themselves do not."""


@dataclass(frozen=True, slots=True)
class Way:
    """Records whose `column` is one of `keys` and of which `held` is true.

    `few` is how many of each key to ask for at first. Of what lies below another record, `owner` is
    whose that one is, and `owners` are those that count.
    """

    column: ColumnElement[Any]
    keys: Select[Any]
    held: ColumnElement[bool]
    few: ColumnElement[int]
    owner: Select[Any] | None
    owners: Select[Any]


def ways(entity: Entity, shared: Sequence[Shared]) -> list[Way]:
    """By the owner, and by each link below which something is shared; see `values`."""
    return [way for at, one in enumerate(shared) for way in _ways(entity, one, at)]


def values(shared: Sequence[Shared], enough: int) -> dict[str, Any]:
    """Whose records they are, for the statements that are made of `ways`."""
    found: dict[str, Any] = {}
    for at, one in enumerate(shared):
        keys = one.owners.size * (_RECORDS_ABOVE if one.parent else 1)
        found |= {f"owner_ids_{at}": one.owners.ids, f"role_ids_{at}": one.owners.role_ids}
        found[f"few_{at}"] = few(keys, enough)
    return found


def few(keys: int, enough: int) -> int:
    """How many to ask for of each of so many keys: six of each of twenty for a page of 50.

    Fewer would be too few where some of the keys have all of the newest. `enough / few` of them
    are then asked for `enough` each, which costs about as much as the first few of all.
    """
    return math.ceil(enough / math.sqrt(keys) / 2) if keys > 1 else enough


def _ways(entity: Entity, shared: Shared, at: int) -> Iterator[Way]:
    each, some = _each(shared.owners, at), bindparam(f"few_{at}", type_=Integer)
    if not shared.parent:
        owner = entity.model.__table__.c.owner_id
        keys = select(each.subquery().c.owner_id.label("key"))
        yield Way(owner, keys, true(), some, None, each)
        return
    known = access.owners_of(entity, shared.parent)
    theirs = known.c.owner_id == any_(func.array(each.scalar_subquery(), type_=_IDS))
    for parent, link, held in access.links_upwards(entity):
        if parent == shared.parent:
            keys = select(known.c.id.label("key")).where(theirs)
            above = select(known.c.owner_id).where(known.c.id == link).correlate(link.table)
            yield Way(link, keys, held, some, above, each)


def _each(owners: Owners, at: int) -> Any:
    """The ids of the owners, row by row as `owner_id`."""
    named, roles = (cast(bindparam(f"{n}_ids_{at}", type_=Text), _IDS) for n in ("owner", "role"))
    return access.each_of(named, None if owners.role_ids == "{}" else roles)


def walked(
    entity: Entity, ways: Sequence[Way], conditions: Iterable[ColumnElement[bool]]
) -> ColumnElement[bool]:
    """The clause for what is found among the so many newest records.

    What each lies below is looked up: best where that is so of many.
    """
    met = (
        way.column.in_(way.keys)
        if way.owner is None
        else and_(way.held, way.owner.scalar_subquery().in_(way.owners))
        for way in ways
    )
    return and_(_near(entity, or_(*met)), *conditions)


def walked_with_keys(
    entity: Entity, ways: Sequence[Way], conditions: Iterable[ColumnElement[bool]]
) -> ColumnElement[bool]:
    """The same where there are less than `most_keys` in each way, which are gathered before; else
    nothing is found.
    """
    few = (_less(way.keys.limit(_MOST_KEYS).subquery("keys"), _MOST_KEYS) for way in ways)
    met = (and_(way.held, way.column.in_(way.keys.limit(_MOST_KEYS))) for way in ways)
    return and_(_near(entity, or_(*met)), *few, *conditions)


def _near(entity: Entity, met: ColumnElement[bool]) -> ColumnElement[bool]:
    """`met` is looked up for each record: no index answers IS TRUE."""
    table = entity.model.__table__
    passed = table.alias("passed")
    last = select(passed.c.id).where(passed.c.id < _BEFORE)
    last = last.order_by(passed.c.id.desc()).offset(_WALKED).limit(_ONE)
    near = table.c.id >= func.coalesce(last.scalar_subquery(), _FIRST_ID)
    return and_(near, table.c.id < _BEFORE, met.is_(other=True))


def gathered(
    entity: Entity, ways: Sequence[Way], conditions: Sequence[ColumnElement[bool]]
) -> Select[str, bool]:
    """The ids of the newest that are found, as an array in words, from all that the indexes have;
    and whether these are all, if there are not enough.

    No row if any way has `most_found` of them, or `most_keys` are asked for.
    """
    table = entity.model.__table__
    whole, parts = [], []
    for at, way in enumerate(ways):
        keys = way.keys.limit(_MOST_KEYS).cte(f"keys_{at}")
        each = any_(func.array(select(keys.c.key).scalar_subquery(), type_=_IDS))
        found = select(table.c.id).where(way.column == each, table.c.id < _BEFORE, way.held)
        entries = found.limit(_MOST_FOUND).cte(f"found_{at}")
        whole += [_less(keys, _MOST_KEYS), _less(entries, _MOST_FOUND)]
        parts.append(select(entries.c.id))
    every = union_all(*parts).subquery("every")
    newest = select(every.c.id).order_by(every.c.id.desc()).limit(_MOST_SORTED).cte("newest")
    near = select(newest.c.id).distinct().order_by(newest.c.id.desc()).subquery("near")
    # The OFFSET keeps PostgreSQL from looking at all of them before it is known which are newer.
    there = select(_ONE).where(table.c.id == near.c.id, *conditions).offset(_NONE)
    page = select(near.c.id).join(there.correlate(near).lateral("there"), true())
    page = page.order_by(near.c.id.desc()).limit(_ENOUGH)
    ids = func.array(page.scalar_subquery(), type_=_IDS)
    return select(cast(ids, Text), _less(newest, _MOST_SORTED)).where(*whole)


def _less(found: FromClause, most: ColumnElement[int]) -> ColumnElement[bool]:
    return select(func.count()).select_from(found).scalar_subquery() < most


def merged(
    entity: Entity, ways: Sequence[Way], conditions: Sequence[ColumnElement[bool]]
) -> ColumnElement[bool]:
    """The clause for the `enough` newest that are found.

    The index is asked for a few of each key. What is older than the `enough`-th of all these is not
    on the page: only keys all of whose few are newer have more there, and those are at most
    `enough / few`.
    """
    record_id = entity.model.__table__.c.id
    limits = [*conditions, record_id < _BEFORE]
    met, held = [], []
    for at, way in enumerate(ways):
        each = way.keys.subquery("each")
        ids = _ids(entity, way, each, way.few, *limits).label("ids")
        held.append(select(each.c.key, ids).cte(f"held_{at}"))
        met.append(select(func.unnest(held[at].c.ids).label("id")))
    every = union(*met).subquery("met")
    last = select(every.c.id).order_by(every.c.id.desc()).offset(_ALL_BUT_ONE).limit(_ONE)
    found = select(func.coalesce(last.scalar_subquery(), _FIRST_ID).label("id")).cte("bound")
    bound = select(found.c.id).scalar_subquery()
    parts = list(met)
    for way, of in zip(ways, held, strict=True):
        oldest = of.c.ids[way.few]
        # Of what lies between, PostgreSQL would think so little that it would fetch and sort it.
        more = _ids(entity, way, of, _ENOUGH, *limits)
        parts.append(select(func.unnest(more)).select_from(of).where(oldest > bound))
    near = union(*parts).add_cte(*held, found, nest_here=True).subquery("near")
    newest = select(near.c.id).order_by(near.c.id.desc()).limit(_ENOUGH)
    clause: ColumnElement[bool] = record_id.in_(newest)
    return clause


def _ids(
    entity: Entity, way: Way, each: FromClause, limit: Any, *conditions: ColumnElement[bool]
) -> ColumnElement[Any]:
    """The newest of a key, as an array.

    Said as a range of keys, PostgreSQL does not see that it could as well walk all records.
    """
    record_id, key = entity.model.__table__.c.id, each.c.key
    theirs = (way.column >= key, way.column <= key, way.held)
    query = select(record_id).where(*theirs, *conditions)
    query = query.order_by(way.column.desc(), record_id.desc()).limit(limit)
    return func.array(query.correlate(each).scalar_subquery(), type_=_IDS)


def among(entity: Entity) -> ColumnElement[bool]:
    """The clause for the records of these `ids`."""
    clause: ColumnElement[bool] = entity.model.__table__.c.id == any_(
        cast(bindparam("ids", type_=Text), _IDS)
    )
    return clause
