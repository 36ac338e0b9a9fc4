"""How the rows of a page are come by: by one plain clause, or as the newest of what is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, not_

from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.filters import Tree
from crmkit.records.reading import cursors, newest, owned, searching
from crmkit.records.reading.cursors import Order
from crmkit.records.reading.newest import Sought
from crmkit.records.reading.owned import Owned
from crmkit.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a client asked for, read and checked.

    `names` are answered, a field of a linked record by its dotted name; `words` are searched for;
    `after` holds the cursor's values. `filtered` says whether `tree` is more than what every list
    of the entity leaves out.
    """

    tree: Tree
    filtered: bool
    words: str
    order: tuple[Order, ...]
    names: tuple[str, ...]
    limit: int
    after: tuple[Any, ...] | None
    count: str | None


def rows(
    uow: UnitOfWork,
    entity: Entity,
    request: ListRequest,
    query: Select[Any],
    keys: Sequence[ColumnElement[Any]],
    *within: ColumnElement[bool],
) -> Sequence[Row[Any]]:
    """What `query` finds of a page, in order by `keys`: one more than asked for, if there are more.

    `within` are further conditions; few records are taken to fulfil them.
    """
    enough = request.limit + 1
    by_age = [(key.name, key.descending) for key in request.order] == [("id", True)]
    terms = searching.terms(entity, request.words)
    if terms and not by_age:
        keys = [newest.sorted_by(key) for key in keys]
    query = query.order_by(*cursors.sorting(request.order, keys)).limit(enough)
    before = request.after[0] if by_age and request.after else None
    if by_age and not request.words and not within:
        shared = access.reach(entity, uow.caller, "view")
        if shared:
            owns = Owned(entity, shared, _there(uow, entity, request), request.filtered)
            found = owned.first(uow, owns, query, enough, before)
            if found is not None:
                return found
    conditions = [*seen(uow, entity, request.tree, request.words), *within]
    query = query.where(*conditions)
    if request.after is not None:
        query = query.where(cursors.beyond(request.order, keys, request.after))
    sought = Sought(entity, terms, conditions, before)
    if terms and by_age:
        return newest.first(uow, sought, query, enough)
    matching = newest.all_of(uow, sought) if terms else searching.matching(entity, request.words)
    return uow.session.execute(query.where(matching)).all()


def seen(uow: UnitOfWork, entity: Entity, tree: Tree, words: str) -> list[ColumnElement[bool]]:
    """The clauses for what a list shows the caller, but that the words are found."""
    there = entity.model.__table__.c.deleted_at.is_(None)
    found = searching.in_what_is_seen(uow, entity, words)
    return [there, access.visible(entity, uow.caller), tree.clause(uow), found]


def _there(uow: UnitOfWork, entity: Entity, request: ListRequest) -> list[ColumnElement[bool]]:
    """The clauses for what a list shows to whoever sees everything."""
    table = entity.model.__table__
    there = [table.c.deleted_at.is_(None)]
    if request.filtered:
        return [*there, request.tree.clause(uow)]
    return [*there, not_(table.c[entity.unlisted])] if entity.unlisted else there
