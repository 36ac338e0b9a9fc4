"""Which rows of a file are records that are there already."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import literal, select

from contracts.errors import FieldError, Problem
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.deduplication import agreement
from crmkit.records.deduplication.agreement import Holder
from crmkit.records.importing.plans import KEYS, Settled
from crmkit.records.importing.rows import Row, new
from crmkit.records.relations import naming
from crmkit.records.store import is_id
from crmkit.unit_of_work import UnitOfWork

Met = Holder | Problem | None
"""The record of a row, that there are several, or that there is none."""


def find(
    uow: UnitOfWork, entity: Entity, plan: Settled, rows: Sequence[Row]
) -> list[tuple[Met, frozenset[Any]]]:
    """For each row the record it belongs to, and the keys that a record made of it would have.

    Only what the caller sees is met. Rows have been read as a create reads them, links included.
    """
    named = [fields for fields in plan.sets if fields[0] in KEYS]
    compared = [fields for fields in plan.sets if fields[0] not in KEYS]
    by_name = _by_name(uow, entity, named[0][0], rows) if named else {}
    told = [_texts(plan, row, compared) for row in rows]
    keys = agreement.keys(uow, compared, told)
    wanted = [[own[n] for own in keys if own[n] is not None] for n in range(len(compared))]
    there = agreement.holders(uow, entity, compared, wanted)
    found = []
    for row, own in zip(rows, keys, strict=True):
        has = [(n, key) for n, key in enumerate(own) if key is not None]
        met = {one.id: one for place in has for one in there.get(place, ()) if one.seen}
        for name, value in row.keys.items():
            if (one := by_name.get(value)) is not None:
                met[one.id] = one
            elif named and name == named[0][0]:
                row.errors.append(_absent(entity, name, value))
        found.append((_one(entity, list(met.values())), frozenset(has)))
    return found


def _one(entity: Entity, met: Sequence[Holder]) -> Met:
    if len(met) <= 1:
        return met[0] if met else None
    who = ", ".join(one.number or one.id for one in met[:3])
    several = entity.plural.replace("-", " ")
    return Problem(409, "ambiguous_match", f"{len(met)} {several} agree with this row: {who}.")


def _absent(entity: Entity, name: str, value: str) -> FieldError:
    one = entity.title.lower()
    return FieldError(f"/{name}", "dangling_link", f"there is no {one} {value[:80]!r}")


def _by_name(uow: UnitOfWork, entity: Entity, name: str, rows: Sequence[Row]) -> dict[str, Holder]:
    texts = [row.keys[name] for row in rows if name in row.keys]
    if name == "id":
        texts = [text.lower() for text in texts if is_id(text)]
    if not texts:
        return {}
    table = entity.model.__table__
    query = select(
        literal(0),
        table.c[name],
        table.c.id,
        table.c.number,
        literal(value=True),
        naming.label(entity),
        agreement.may_edit(uow, entity),
    ).where(
        table.c[name].in_(texts),
        table.c.deleted_at.is_(None),
        access.visible(entity, uow.caller),
    )
    return {row[1]: Holder(*row) for row in uow.session.execute(query)}


def _texts(plan: Settled, row: Row, sets: Sequence[agreement.Fields]) -> Mapping[str, str | None]:
    values = new(plan, row)
    names = {name for fields in sets for name in fields}
    held = {name: values.get(name) for name in names}
    return {name: None if value is None else str(value) for name, value in held.items()}
