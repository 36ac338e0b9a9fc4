"""The newest records that words find, without looking at everything that they find.

Words that many records have are met soon by who walks back from the newest record; words that few
have are best asked of the index. Which of the two, PostgreSQL's estimate says (ADR 0016).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Alias,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    func,
    literal,
    select,
    true,
    union_all,
)

from crmkit.entity import Entity, per_entity
from crmkit.records.reading import plans
from crmkit.unit_of_work import UnitOfWork

_FIRST_WALK = 2000
_LONGER = 4
"""Each walk is so many times as long as the one before."""
_PASSED = 4
_GATHERED = 32
"""For the price of one record fetched through the index so many are walked past in the order of
their ids, and so many are gathered from the index to be compared with those of another word.
"""
_SMALL_BYTES = 1_000_000
"""Some two thousand records: less than one walk, whatever PostgreSQL makes of the plain clause."""
_GROWS_SECONDS = 60.0
_FIRST_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Sought:
    """Records that have a word of each of `terms` (as a `tsquery` writes them) and of which
    `conditions` hold, both about the entity's own columns; `below` this id, if any.
    """

    entity: Entity
    terms: Sequence[str]
    conditions: Sequence[ColumnElement[bool]]
    below: str | None = None


def first(uow: UnitOfWork, sought: Sought, query: Select[Any], enough: int) -> Sequence[Row[Any]]:
    """What `query`, which is of such records and answers the `enough` newest, has of those sought.

    The same rows in the same order as with the clause of `having`.
    """

    def found(hits: ColumnElement[bool]) -> Sequence[Row[Any]]:
        return uow.session.execute(query.where(hits)).all()

    if _is_small(uow, sought.entity):
        return found(having(sought.entity, sought.terms))
    length, met = _FIRST_WALK, 0
    rows = found(_walk(sought, length))
    while met < len(rows) < enough <= len(rows) * _LONGER:
        met, length = len(rows), length * _LONGER
        rows = found(_walk(sought, length))
    if len(rows) >= enough:
        return rows
    way, fetched = _through_index(uow, sought)
    # Nobody knows how far the next one is. Who gives up when the walk has cost as much as the
    # index will, pays at most twice what the better way would have been.
    while (length := length * _LONGER) <= fetched * _PASSED:
        rows = found(_walk(sought, length))
        if len(rows) >= enough:
            return rows
    table = sought.entity.model.__table__
    hits = _fenced(sought, way).subquery("hits")
    return found(table.c.id.in_(select(hits.c.id).order_by(hits.c.id.desc()).limit(enough)))


@dataclass(slots=True)
class _Size:
    """Of a table in bytes, as it was at `measured` by the monotonic clock."""

    size: int = 0
    measured: float | None = None


@per_entity
def _size_of(_entity: Entity) -> _Size:
    return _Size()


def _is_small(uow: UnitOfWork, entity: Entity) -> bool:
    """Whether the table was so a minute ago at most; it does no harm if it no longer is."""
    known, now = _size_of(entity), time.monotonic()
    if known.measured is None or now > known.measured + _GROWS_SECONDS:
        name = entity.model.__table__.name
        measured = select(func.pg_relation_size(func.to_regclass(name)))
        known.size, known.measured = uow.session.scalar(measured) or 0, now
    return known.size < _SMALL_BYTES


def all_of(uow: UnitOfWork, sought: Sought) -> ColumnElement[bool]:
    """The clause for all that is sought, to be sorted otherwise (see `sorted_by`)."""
    return _through_index(uow, sought)[0]


def sorted_by(key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same key, but only to sort by what has been found.

    Left the choice, PostgreSQL may walk the whole index of a key for words that occur nowhere.
    """
    return func.coalesce(key, key)


def having(entity: Entity, terms: Sequence[str]) -> ColumnElement[bool]:
    """The clause for records with a word of each of the terms, which the index of words answers."""
    wanted = func.to_tsquery("simple", " & ".join(terms))
    found: ColumnElement[bool] = entity.model.__table__.c.search.op("@@", is_comparison=True)(
        wanted
    )
    return found


def _seen_to_have(entity: Entity, terms: Sequence[str]) -> ColumnElement[bool]:
    """The same, looked up in each record: no index answers IS TRUE."""
    return having(entity, terms).is_(true())


def _walk(sought: Sought, length: int) -> ColumnElement[bool]:
    """The clause for what is sought among the so many newest records."""
    table = sought.entity.model.__table__
    passed = _passed(sought.entity)
    last = select(passed.c.id).where(passed.c.deleted_at.is_(None))
    if sought.below is not None:
        last = last.where(passed.c.id < sought.below)
    last = last.order_by(passed.c.id.desc()).offset(length - 1).limit(1)
    first_id = literal(_FIRST_ID, table.c.id.type)
    near = table.c.id >= func.coalesce(last.scalar_subquery(), first_id)
    return and_(near, _seen_to_have(sought.entity, sought.terms))


@per_entity
def _passed(entity: Entity) -> Alias:
    """The same table beside itself."""
    alias: Alias = entity.model.__table__.alias("passed")
    return alias


def _fenced(sought: Sought, way: ColumnElement[bool]) -> Select[Any]:
    """The ids of all that is sought. The OFFSET keeps the order that is wanted of them outside."""
    table = sought.entity.model.__table__
    query = select(table.c.id).where(way, *sought.conditions)
    if sought.below is not None:
        query = query.where(table.c.id < sought.below)
    return query.offset(0)


def _through_index(uow: UnitOfWork, sought: Sought) -> tuple[ColumnElement[bool], float]:
    """How to ask the index for these words, and about how many records that costs fetching.

    Asked for several beginnings of words, the index gathers all records of each; it is often
    better asked for the rarest alone, and the others looked up in what that finds.
    """
    entity, terms = sought.entity, sought.terms
    ways = [having(entity, terms)]
    if len(terms) > 1:
        others = _seen_to_have(entity, terms)
        ways += [and_(having(entity, [term]), others) for term in terms]
    plan = plans.plan(uow.session, _side_by_side([_fenced(sought, way) for way in ways]))
    each = [plan] if len(ways) == 1 else [*_beneath(_append(plan))]
    if len(each) != len(ways):  # for a condition that nothing fulfils nothing is fetched
        return ways[0], 0
    together, *alone = (_fetched(one) for one in each)
    prices = [together + sum(alone) / _GATHERED, *alone]
    best = min(range(len(ways)), key=prices.__getitem__)
    return ways[best], prices[best]


def _side_by_side(queries: Sequence[Select[Any]]) -> Select[Any] | CompoundSelect[Any]:
    return queries[0] if len(queries) == 1 else union_all(*queries)


def _append(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """The step that puts the answers of several queries one after the other, or the last one."""
    while plan["Node Type"] != "Append" and "Plans" in plan:
        plan = plan["Plans"][0]
    return plan


def _fetched(plan: Mapping[str, Any]) -> float:
    """How many rows the steps of a plan fetch here and there, as estimated.

    A whole table costs as much as so many: PostgreSQL's unit of costs is a page read in a row.
    """
    beneath = [*_beneath(plan)]
    if not beneath:
        return float(plan["Total Cost" if plan["Node Type"] == "Seq Scan" else "Plan Rows"])
    if plan["Node Type"] == "Bitmap Heap Scan":
        return float(beneath[0]["Plan Rows"])
    return sum(map(_fetched, beneath))


def _beneath(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The steps whose rows this one works on; not those that a condition asks by the way."""
    for step in plan.get("Plans", ()):
        if step["Parent Relationship"] not in {"InitPlan", "SubPlan"}:
            yield step
