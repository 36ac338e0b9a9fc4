"""What of the sums somebody sees: by owner as they are kept, and record by record what a rule
shares below a record that is shared.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)

from contracts.rights import Shared
from crmkit.modules import known
from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork
from services.reporting.picklists import RENAMES, renamed
from services.reporting.projections import fact
from services.reporting.summaries import Contribution, Differences, Figures, Key, Summary

_CHUNK = 2000
"""So many records are in memory at once."""


def by_owner(uow: UnitOfWork, entity: str, owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """The clause over owners whose records of the entity the caller sees, whatever lies above."""
    module = known().get(entity)
    if module is None:
        return true()
    if module["owned"]:
        return access.visible_of(entity, uow.caller, owner, follows=module["follows"])
    seen = uow.caller.is_admin or access.granted(entity, uow.caller.rights, "view")
    return true() if seen else false()


def below(uow: UnitOfWork, entity: str) -> ColumnElement[bool]:
    """The clause over facts of the entity that the caller sees only by way of what is above."""
    module = known().get(entity)
    if module is None or not module["owned"]:
        return false()
    shared = access.shared_below(entity, uow.caller, follows=module["follows"])
    ways = [way for one in shared for way in _ways(module["parents"].get(one.parent, ()), one)]
    if not ways:
        return false()
    seen_anyway = by_owner(uow, entity, fact.c.owner_id)
    there = (fact.c.entity == entity, fact.c.deleted.is_(False))
    return and_(*there, seen_anyway.is_not(true()), or_(*ways))


def _ways(fields: Sequence[str], shared: Shared) -> Sequence[ColumnElement[bool]]:
    above = fact.alias("above").c
    theirs = select(cast(above.record_id, Text)).where(
        above.entity == shared.parent, access.owned_by(above.owner_id, shared.owners)
    )
    return [fact.c.state[name].astext.in_(theirs) for name in fields]


def summed(
    uow: UnitOfWork,
    entity: str,
    summary: Summary,
    contribution: Callable[[str, Mapping[str, Any]], Contribution],
    by: Sequence[str],
    *within: ColumnElement[bool],
) -> Mapping[Key, Figures]:
    """The figures of the records that the caller sees, by these of the summary's keys.

    Only of rows `within`, as far as sums are kept. A key of which nothing is left is none.
    """
    columns = summary.table.c
    keys = [columns[name] for name in by]
    query = select(*keys, *(func.sum(columns[name]) for name in summary.figures))
    seen = by_owner(uow, entity, columns.owner_id)
    query = query.where(seen, *within).group_by(*keys)
    sums = Differences()
    for row in uow.session.execute(query):
        sums.count({tuple(row[: len(by)]): tuple(row[len(by) :])}, 1)
    places = [summary.keys.index(name) for name in by]
    for one in _shared_below(uow, entity, contribution):
        for key, figures in one.items():
            sums.count({tuple(key[place] for place in places): figures}, 1)
    return {key: tuple(figures) for key, figures in sums.sums.items() if figures[0] > Decimal(0)}


def _shared_below(
    uow: UnitOfWork, entity: str, contribution: Callable[[str, Mapping[str, Any]], Contribution]
) -> Any:
    """What each record adds that the caller sees only by way of what is above it."""
    clause = below(uow, entity)
    if clause is false():
        return
    columns: tuple[Any, ...] = (
        fact.c.record_id,
        fact.c.state,
        fact.c.told_at,
        literal_column(RENAMES),
    )
    query = select(*columns).where(clause).order_by(fact.c.record_id).limit(_CHUNK)
    rows = uow.session.execute(query).all()
    while rows:
        for _, state, told_at, names in rows:
            yield contribution(entity, renamed(state, told_at, names))
        rows = uow.session.execute(query.where(fact.c.record_id > rows[-1][0])).all()
