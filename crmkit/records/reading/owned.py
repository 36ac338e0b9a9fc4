"""The newest records of some owners, without looking at everything that is theirs.

Of many owners a walk back from the newest record soon meets enough; of others the index by owner
is asked for the newest of each, and these are merged (ADR 27).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    Text,
    TextClause,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import psycopg2

from contracts.rights import Owners, Shared
from crmkit.entity import Entity, per_entity
from crmkit.records import access
from crmkit.records.reading import plans
from crmkit.unit_of_work import UnitOfWork

_CHEAP = 500
"""To fetch so many records costs no more than another statement."""
_BELOW = 2_000
"""So many records are taken to lie below shared ones by a link; to count them costs more."""
_PASSED = 4
"""For the price of one record fetched through the index by owner so many are walked past."""
_LONGER = 4
"""A walk is so many times as long where a filter leaves out some of what it meets."""

_ID = Uuid(as_uuid=False)
_IDS: ARRAY[Any] = ARRAY(_ID)
_FIRST_ID = literal_column("CAST('00000000-0000-0000-0000-000000000000' AS UUID)", _ID)
_ONE = literal_column("1", Integer)
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

_OWNERS = cast(bindparam("owner_ids", type_=Text), _IDS)
_ROLES = cast(bindparam("owner_role_ids", type_=Text), _IDS)
_BEFORE = cast(bindparam("before_id", type_=Text), _ID)
_WALKED, _FEW, _ENOUGH, _ALL_BUT_ONE = (
    bindparam(name, type_=Integer) for name in ("walked", "few", "enough", "all_but_one")
)
"""What differs from one request to the next; the statements themselves do not."""


@dataclass(frozen=True, slots=True)
class Owned:
    """The records that `shared` reaches (see `access.reach`) and of which `conditions` hold, which
    are about the entity's own columns.

    `filtered` says whether these are others than those of every list of the entity; such have no
    values in them.
    """

    entity: Entity
    shared: Sequence[Shared]
    conditions: Sequence[ColumnElement[bool]]
    filtered: bool

    @property
    def table(self) -> Any:
        """The entity's."""
        return self.entity.model.__table__

    @property
    def owners(self) -> Owners:
        """Whose records are reached by themselves."""
        return self.shared[0].owners

    @property
    def below(self) -> list[ColumnElement[bool]]:
        """The clauses for records that are reached by way of another."""
        return [clause for one in self.shared[1:] for clause in access.below(self.entity, one)]

    @property
    def limits(self) -> list[ColumnElement[bool]]:
        """The clauses for what may be on the page, whosever it is."""
        return [*self.conditions, self.table.c.id < _BEFORE]


def first(
    uow: UnitOfWork, owned: Owned, query: Select[Any], enough: int, before: str | None
) -> Sequence[Row[Any]] | None:
    """What `query`, which answers the `enough` newest records, has of those owned `before` this id.

    The same rows in the same order as with the clause of `access.visible`. None where that clause
    is better: PostgreSQL would fetch and sort what the conditions hold of even for administrators.
    """
    owners = owned.owners
    few = _few(owners.size, enough)
    values = {
        "owner_ids": owners.ids,
        "owner_role_ids": owners.role_ids,
        "before_id": before or _LAST_ID,
        "few": few,
        "enough": enough,
        "all_but_one": enough - 1,
    }
    price = owners.size * few + _BELOW * len(owned.below)
    if price > _CHEAP:
        if owned.filtered and _is_gathered(uow, owned, values):
            return None
        values["walked"] = price * _PASSED * (_LONGER if owned.filtered else 1)
        rows = uow.session.execute(query.where(_said(owned, _walked)), values).all()
        if len(rows) >= enough:
            return rows
    return uow.session.execute(query.where(_said(owned, _merged)), values).all()


def _few(size: int, enough: int) -> int:
    """How many of each owner's newest to ask for at first: six of each of twenty for a page of 50.

    Fewer would be too few where some of the owners have all of the newest. `enough / few` of them
    are then asked for `enough` each, which costs about as much as the first few of all.
    """
    return math.ceil(enough / math.sqrt(size) / 2) if size > 1 else enough


def _is_gathered(uow: UnitOfWork, owned: Owned, values: dict[str, Any]) -> bool:
    every = select(owned.table.c.id).where(*owned.limits).order_by(owned.table.c.id.desc())
    query = every.limit(values["enough"]).params(values)
    step: dict[str, Any] | None = plans.plan(uow.session, query)
    while step is not None and step["Node Type"] != "Sort":
        step = next(iter(step.get("Plans", ())), None)
    return step is not None


def _said(owned: Owned, way: Callable[[Owned], ColumnElement[bool]]) -> ColumnElement[bool]:
    """The clause of a way to find what is owned, in words that are kept where they are the same
    for everybody: to find these again takes longer than PostgreSQL needs.
    """
    if owned.filtered or owned.below:
        return way(owned)
    kept, key = _kept(owned.entity), (way, owned.owners.role_ids == "{}")
    if key not in kept:
        dialect = psycopg2.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
        kept[key] = text(str(way(owned).compile(dialect=dialect)))
    clause: Any = kept[key]
    return clause  # type: ignore[no-any-return]


@per_entity
def _kept(_entity: Entity) -> dict[Any, TextClause]:
    return {}


def _walked(owned: Owned) -> ColumnElement[bool]:
    """The clause for what is owned among the so many newest records.

    Whose they are is looked up for each: no index answers IS TRUE.
    """
    passed = owned.table.alias("passed")
    last = select(passed.c.id).where(passed.c.id < _BEFORE)
    last = last.order_by(passed.c.id.desc()).offset(_WALKED).limit(_ONE)
    near = owned.table.c.id >= func.coalesce(last.scalar_subquery(), _FIRST_ID)
    theirs = owned.table.c.owner_id.in_(_each(owned))
    return and_(near, or_(theirs, *owned.below).is_(other=True), *owned.limits)


def _merged(owned: Owned) -> ColumnElement[bool]:
    """The clause for the `enough` newest that are owned.

    The index is asked for a few of each owner. What is older than the `enough`-th of these is not
    on the page: only owners all of whose few are newer have more there, and those are at most
    `enough / few`.
    """
    each = _each(owned).subquery("each")
    held = select(each.c.owner_id, _ids(owned, each, _FEW).label("ids")).cte("held")
    met = select(func.unnest(held.c.ids).label("id"))
    ids = met.subquery("met")
    last = select(ids.c.id).order_by(ids.c.id.desc()).offset(_ALL_BUT_ONE).limit(_ONE)
    found = select(func.coalesce(last.scalar_subquery(), _FIRST_ID).label("id")).cte("bound")
    bound = select(found.c.id).scalar_subquery()
    newer, oldest = owned.table.c.id >= bound, held.c.ids[_FEW]
    more = _ids(owned, held, _ENOUGH, newer, owned.table.c.id < oldest)
    parts = [met, select(func.unnest(more)).select_from(held).where(oldest > bound)]
    parts += [select(owned.table.c.id).where(one, *owned.limits) for one in owned.below]
    near = union(*parts).add_cte(held, found, nest_here=True).subquery("near")
    newest = select(near.c.id).order_by(near.c.id.desc()).limit(_ENOUGH)
    clause: ColumnElement[bool] = owned.table.c.id.in_(newest)
    return clause


def _each(owned: Owned) -> Any:
    """The ids of the owners, row by row as `owner_id`."""
    return access.each_of(_OWNERS, None if owned.owners.role_ids == "{}" else _ROLES)


def _ids(
    owned: Owned, each: FromClause, limit: Any, *further: ColumnElement[bool]
) -> ColumnElement[Any]:
    """The newest of an owner, as an array.

    Said as a range of owners, PostgreSQL does not see that it could as well walk all records.
    """
    table, owner_id = owned.table, each.c.owner_id
    theirs = (table.c.owner_id >= owner_id, table.c.owner_id <= owner_id)
    query = select(table.c.id).where(*theirs, *further, *owned.limits)
    query = query.order_by(table.c.owner_id.desc(), table.c.id.desc()).limit(limit)
    return func.array(query.correlate(each).scalar_subquery(), type_=_IDS)
