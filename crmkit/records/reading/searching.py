"""Finding records by words people remember: whole words, beginnings of words, single ideographs."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic import Field as Constraint
from sqlalchemy import ColumnElement, func, literal, not_, select, true

from crmkit.entity import Entity
from crmkit.fields import CJK
from crmkit.records import access
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


def query_text(typed: str) -> str:
    """The `tsquery` for what a person typed; empty when nothing of it can be searched for.

    Every word must occur, as the beginning of a word; ideographs must stand side by side.
    """
    terms = []
    for word in _PUNCTUATION.split(typed)[:_MOST_WORDS]:
        for run in _RUNS.findall(word):
            if re.match(f"[{CJK}]", run):
                terms.append("(" + " <-> ".join(f"'{character}'" for character in run) + ")")
            else:
                terms.append(f"'{run[:_LONGEST_WORD]}':*")
    return " & ".join(terms)


def matching(entity: Entity, typed: str) -> ColumnElement[bool]:
    """The clause for records that `typed` finds; entities without a search column find nothing."""
    table = entity.model.__table__
    wanted = query_text(typed)
    if "search" not in table.c or not wanted:
        return literal(value=False)
    found: ColumnElement[bool] = table.c.search.op("@@")(func.to_tsquery("simple", wanted))
    return found


def everywhere(uow: UnitOfWork, typed: str, *, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` records of each entity of this service that `typed` finds, newest first."""
    hits: list[dict[str, Any]] = []
    for entity in uow.entities.values():
        table = entity.model.__table__
        if "search" not in table.c or not access.may_ever(entity, uow.caller, "view"):
            continue
        columns = [table.c[name] for name in dict.fromkeys(("id", "number", *entity.label))]
        listed = not_(table.c[entity.unlisted]) if entity.unlisted else true()
        query = (
            select(*columns)
            .where(
                matching(entity, typed),
                listed,
                table.c.deleted_at.is_(None),
                access.visible(entity, uow.caller),
            )
            .order_by(table.c.id.desc())
            .limit(limit)
        )
        hits += [
            {
                "entity": entity.name,
                "plural": entity.plural,
                "id": row["id"],
                "number": row["number"],
                "label": entity.label_of(row),
            }
            for row in uow.session.execute(query).mappings()
        ]
    return hits
