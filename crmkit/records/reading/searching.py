"""Finding records by words people remember: whole words, beginnings of words, single ideographs."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic import Field as Constraint
from sqlalchemy import ColumnElement, Text, cast, false, func, not_, select, true

from crmkit.entity import Entity
from crmkit.fields import CJK, words_of
from crmkit.records import access
from crmkit.records.reading import newest
from crmkit.unit_of_work import UnitOfWork

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~\s]+")
_RUNS = re.compile(f"[{CJK}]+|[^{CJK}]+")
_MOST_WORDS = 12
_LONGEST_WORD = 200
"""PostgreSQL refuses words of 2 KB; so much of one finds it as well."""


class Words(BaseModel):
    """What a search is asked."""

    q: str = Constraint(description="Words to find, or their beginnings.")
    limit: int = Constraint(default=10, ge=1, le=200, description="How many of each entity.")


class Hit(BaseModel):
    """A record that was found, as people name it."""

    entity: str
    plural: str
    id: str
    number: str | None
    label: str


class Hits(BaseModel):
    """What one service found."""

    items: list[Hit]


def terms(entity: Entity, typed: str) -> list[str]:
    """What a `tsquery` asks for what a person typed, term by term; none if nothing can be found.

    Every word must occur, as the beginning of a word; ideographs must stand side by side.
    """
    asked: list[str] = []
    if "search" not in entity.model.__table__.c:
        return asked
    for word in _PUNCTUATION.split(typed)[:_MOST_WORDS]:
        for run in _RUNS.findall(word):
            if re.match(f"[{CJK}]", run):
                asked.append("(" + " <-> ".join(f"'{character}'" for character in run) + ")")
            else:
                asked.append(f"'{run[:_LONGEST_WORD]}':*")
    return [*dict.fromkeys(asked)]


def matching(entity: Entity, typed: str) -> ColumnElement[bool]:
    """The clause for records that `typed` finds: all for no words, none where none can be found."""
    if not typed:
        return true()
    wanted = terms(entity, typed)
    return newest.having(entity, wanted) if wanted else false()


def in_what_is_seen(uow: UnitOfWork, entity: Entity, typed: str) -> ColumnElement[bool]:
    """The clause for records in which the words stand in fields that the caller sees.

    The index of words does not know in which field one stands: what it finds is looked at again
    for whoever does not see all of them.
    """
    table = entity.model.__table__
    hidden = uow.shown(entity).tailoring.hidden
    wanted = terms(entity, typed) if hidden else []
    searched = table.c.search.info["search"] if wanted else ()
    if hidden.isdisjoint(searched):
        return true()
    names = [name for name in searched if name not in hidden]
    if not names:
        return false()
    words = words_of([func.coalesce(cast(table.c[name], Text), "") for name in names])
    query = func.to_tsquery("simple", " & ".join(wanted))
    seen: ColumnElement[bool] = words.op("@@", is_comparison=True)(query)
    return seen


def everywhere(uow: UnitOfWork, typed: str, *, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` records of each entity of this service that `typed` finds, newest first."""
    hits: list[dict[str, Any]] = []
    for entity in uow.entities.values():
        wanted = terms(entity, typed)
        if not wanted or not access.may_ever(entity, uow.caller, "view"):
            continue
        table = entity.model.__table__
        names = [*dict.fromkeys(("id", "number", *entity.label))]
        listed = not_(table.c[entity.unlisted]) if entity.unlisted else true()
        seen = (
            listed,
            table.c.deleted_at.is_(None),
            access.visible(entity, uow.caller),
            in_what_is_seen(uow, entity, typed),
        )
        query = select(*(table.c[name] for name in names)).where(*seen)
        query = query.order_by(table.c.id.desc()).limit(limit)
        found = newest.first(uow, newest.Sought(entity, wanted, seen), query, limit)
        hits += [
            {
                "entity": entity.name,
                "plural": entity.plural,
                "id": row.id,
                "number": row.number,
                "label": entity.label_of(dict(zip(names, row, strict=True))),
            }
            for row in found
        ]
    return hits
