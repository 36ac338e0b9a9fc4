"""The newest records of somebody's, without looking at everything that is theirs.

Of many owners a walk back from the newest record soon meets enough; of others the indexes by owner
and by link are asked. Which of the two was better last time is tried first (ADR 27).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, TextClause, literal_column, select, text
from sqlalchemy.dialects.postgresql import psycopg2

from contracts.rights import Shared
from crmkit.entity import Entity, per_entity
from crmkit.records.reading import plans, ways
from crmkit.records.reading.ways import Way
from crmkit.unit_of_work import UnitOfWork

_CHEAP = 500
"""To fetch so many records costs no more than another statement."""
_WALKED = 2_500
_WALKED_WITH_KEYS = 5_000
_LONGER = 4
"""A walk is so many times as long where a filter leaves out some of what it meets."""
_KEYS_OF_A_WALK = 5_000
"""Gathering so many costs about as much as the walk for which it is done."""
_GATHERED = 20_000
"""So many keys, and entries of the index for all of them, are looked at before a few are asked of
each key, which costs three times as much for a key but not more for one that has many.
"""
_SORTED = 3
"""So many times what the page holds is fetched, for records in the bin are among it."""
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Owned:
    """The records that `shared` reaches (see `access.reach`) and of which `conditions` hold, which
    are about the entity's own columns.

    `filtered` says whether these are others than those of every list of the entity; such have no
    values in them.
    """

    entity: Entity
    shared: tuple[Shared, ...]
    conditions: Sequence[ColumnElement[bool]]
    filtered: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """What `query` has of the records owned, for statements that differ in `values`."""

    uow: UnitOfWork
    owned: Owned
    query: Select[Any]
    values: dict[str, Any]

    def rows(self, clause: Callable[..., Any], **values: Any) -> Sequence[Row[Any]]:
        """What the clause finds."""
        query = self.query.where(_said(self.owned, clause))
        return self.uow.session.execute(query, self.values | values).all()


def first(
    uow: UnitOfWork, owned: Owned, query: Select[Any], enough: int, before: str | None
) -> Sequence[Row[Any]] | None:
    """What `query`, which answers the `enough` newest records, has of those owned `before` this id.

    The same rows in the same order as with the clause of `access.visible`. None where that clause
    is better: PostgreSQL would fetch and sort what the conditions hold of even for administrators.
    """
    values = {
        **ways.values(owned.shared, enough),
        "before_id": before or ways.LAST_ID,
        "enough": enough,
        "all_but_one": enough - 1,
    }
    asked = _Asked(uow, owned, query, values)
    own, *below = owned.shared
    if not below and own.owners.size * values["few_0"] <= _CHEAP:
        return _ask(asked)
    if owned.filtered and _is_gathered(asked):
        return None
    known = hash((owned.entity.name, owned.shared, owned.filtered))
    best = _best.get(known)
    for find in sorted(_BELOW if below else _BY_OWNER, key=lambda one: one is not best):
        rows = find(asked)
        if rows is not None:
            if len(_best) >= _MOST_REMEMBERED:
                _best.clear()
            _best[known] = find
            return rows
    raise AssertionError("the last of them finds a page")


def _is_gathered(asked: _Asked) -> bool:
    record_id = asked.owned.entity.model.__table__.c.id
    every = select(record_id).where(*asked.owned.conditions, record_id < asked.values["before_id"])
    query = every.order_by(record_id.desc()).limit(asked.values["enough"])
    step: dict[str, Any] | None = plans.plan(asked.uow.session, query)
    while step is not None and step["Node Type"] != "Sort":
        step = next(iter(step.get("Plans", ())), None)
    return step is not None


def _walk(asked: _Asked) -> Sequence[Row[Any]] | None:
    walked = _WALKED * (_LONGER if asked.owned.filtered else 1)
    rows = asked.rows(ways.walked, walked=walked)
    return rows if len(rows) >= asked.values["enough"] else None


def _walk_with_keys(asked: _Asked) -> Sequence[Row[Any]] | None:
    walked = _WALKED_WITH_KEYS * (_LONGER if asked.owned.filtered else 1)
    rows = asked.rows(ways.walked_with_keys, walked=walked, most_keys=_KEYS_OF_A_WALK)
    return rows if len(rows) >= asked.values["enough"] else None


def _gather(asked: _Asked) -> Sequence[Row[Any]] | None:
    enough = asked.values["enough"]
    most_sorted = _GATHERED if asked.owned.filtered else enough * _SORTED
    most = {"most_keys": _GATHERED, "most_found": _GATHERED, "most_sorted": most_sorted}
    statement = _said(asked.owned, ways.gathered)
    found = asked.uow.session.execute(statement, asked.values | most).one_or_none()
    if found is None:
        return None
    ids, whole = found
    if ids == "{}":
        return [] if whole else None
    return asked.rows(_among, ids=ids) if whole or ids.count(",") + 1 >= enough else None


def _ask(asked: _Asked) -> Sequence[Row[Any]]:
    return asked.rows(ways.merged)


_Find = Callable[[_Asked], Sequence[Row[Any]] | None]
_BELOW: tuple[_Find, ...] = (_walk_with_keys, _walk, _gather, _ask)
_BY_OWNER: tuple[_Find, ...] = (_walk, _gather, _ask)
_best: dict[int, _Find] = {}
"""What has found a page of these records last. Nothing but the price depends on it."""


def _among(entity: Entity, _ways: Sequence[Way], _conditions: Any) -> ColumnElement[bool]:
    return ways.among(entity)


def _said(owned: Owned, how: Callable[..., Any]) -> Any:
    """The statement or clause of a way to find what is owned, in words that are kept where they
    are the same for everybody: to find these again takes longer than PostgreSQL needs.
    """
    if owned.filtered:
        return how(owned.entity, ways.ways(owned.entity, owned.shared), owned.conditions)
    shapes = tuple((one.parent, one.owners.role_ids == "{}") for one in owned.shared)
    kept, key = _kept(owned.entity), (how, shapes)
    if key not in kept:
        made = how(owned.entity, ways.ways(owned.entity, owned.shared), owned.conditions)
        kept[key] = _in_words(owned.entity, made)
    return kept[key]


def _in_words(entity: Entity, made: Select[Any] | ColumnElement[bool]) -> TextClause:
    whole = made
    if not isinstance(made, Select):  # what it says of the record is understood beside its table
        whole = select(literal_column("1")).select_from(entity.model.__table__).where(made)
    dialect = psycopg2.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    compiled = whole.compile(dialect=dialect)
    words = str(compiled) if whole is made else str(compiled).partition("WHERE ")[2]
    own = {name: value for name, value in compiled.params.items() if value is not None}
    return text(words).bindparams(**own)


@per_entity
def _kept(_entity: Entity) -> dict[Any, TextClause]:
    return {}
