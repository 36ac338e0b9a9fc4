"""Many new records at once: which of them, or of those there are, agree where no two may."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.errors import Problem, invalid
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.deduplication import duplicates
from crmkit.records.reading.rendering import to_json_types
from crmkit.records.relations import naming
from crmkit.records.tailoring import unique
from crmkit.unit_of_work import UnitOfWork

_TURNS = 500
"""Of how many keys one statement waits for."""

Fields = tuple[str, ...]
Texts = Mapping[str, str | None]


class Holder(NamedTuple):
    """A record that has a key of the set at `position`; `seen` and `editable` by the caller."""

    position: int
    key: str
    id: str
    number: str | None
    seen: bool
    label: str
    editable: bool


def keys(uow: UnitOfWork, sets: Sequence[Fields], rows: Sequence[Texts]) -> list[Sequence[Any]]:
    """For each row its key in each of the sets (`duplicates.key`); None where a field is empty."""
    names = sorted({name for fields in sets for name in fields})
    if not names or not rows:
        return [[None] * len(sets) for _ in rows]
    columns = (cast([row.get(name) for row in rows], ARRAY(Text)) for name in names)
    given = func.unnest(*columns).table_valued(*names, with_ordinality="place").render_derived()
    made = (duplicates.key([given.c[name] for name in fields]) for fields in sets)
    return [tuple(row) for row in uow.session.execute(select(*made).order_by(given.c.place))]


def holders(
    uow: UnitOfWork, entity: Entity, sets: Sequence[Fields], wanted: Sequence[Iterable[str]]
) -> dict[tuple[int, str], list[Holder]]:
    """The records outside the bin that have one of the `wanted` keys of a set, by both."""
    table = entity.model.__table__
    each = [
        select(
            literal(position).label("position"),
            duplicates.key([entity.columns[name] for name in fields]).label("key"),
            table.c.id,
            table.c.number,
            access.visible(entity, uow.caller).label("seen"),
            naming.label(entity),
            may_edit(uow, entity).label("editable"),
        ).where(
            duplicates.key([entity.columns[name] for name in fields]).in_(sorted(set(some))),
            table.c.deleted_at.is_(None),
        )
        for position, (fields, some) in enumerate(zip(sets, wanted, strict=True))
        if some
    ]
    found: dict[tuple[int, str], list[Holder]] = {}
    with uow.session.no_autoflush:
        for row in uow.session.execute(union_all(*each)) if each else ():
            holder = Holder(*row)
            found.setdefault((holder.position, holder.key), []).append(holder)
    return found


def may_edit(uow: UnitOfWork, entity: Entity) -> Any:
    """SQL: whether the caller may edit the record."""
    if not entity.allows("edit"):
        return literal(value=False)
    return access.visible(entity, uow.caller, "edit")


def texts(entity: Entity, record: Any, names: Iterable[str]) -> Texts:
    """What is compared of a record."""
    held = ((name, entity.get(record, name)) for name in names)
    return {name: None if value is None else str(value) for name, value in held}


def refusals(uow: UnitOfWork, entity: Entity, drafts: Mapping[int, Any]) -> dict[int, Problem]:
    """What stands against each new record: of two of these that agree, against the later.

    Who writes the same at the same time waits for the other's end, as with single records.
    """
    refused = _not_unique(uow, entity, drafts)
    left = {place: draft for place, draft in drafts.items() if place not in refused}
    return refused | _duplicates(uow, entity, left)


def _duplicates(uow: UnitOfWork, entity: Entity, drafts: Mapping[int, Any]) -> dict[int, Problem]:
    sets = duplicates.enforced(entity)
    if not sets or not drafts:
        return {}
    names = {name for fields in sets for name in fields}
    told = keys(uow, sets, [texts(entity, draft, names) for draft in drafts.values()])
    of_each = dict(zip(drafts, told, strict=True))
    wanted = [sorted({k[n] for k in told if k[n] is not None}) for n in range(len(sets))]
    _wait(
        uow,
        [
            duplicates.turn(entity, fields, literal(one, Text))
            for fields, some in zip(sets, wanted, strict=True)
            for one in some
        ],
    )
    there = holders(uow, entity, sets, wanted)
    refused: dict[int, Problem] = {}
    for place, own in of_each.items():
        met = [there[n, k][0] for n, k in enumerate(own) if k is not None and (n, k) in there]
        if met:
            rows = [(one.position, one.id, one.number, one.seen, one.label) for one in met]
            refused[place] = duplicates.refusal(entity, sets, rows)
            continue
        draft = drafts[place]
        label = entity.label_of({name: entity.get(draft, name) for name in entity.label})
        mine = partial(Holder, id=draft.id, number=None, seen=True, label=label, editable=True)
        there |= {(n, k): [mine(n, k)] for n, k in enumerate(own) if k is not None}
    return refused


def _not_unique(uow: UnitOfWork, entity: Entity, drafts: Mapping[int, Any]) -> dict[int, Problem]:
    names = [name for name, field in entity.own_fields.items() if field.unique]
    if not names or not drafts:
        return {}
    held: dict[str, dict[Any, list[int]]] = {}
    for name in names:
        for place, draft in drafts.items():
            value = entity.get(draft, name)
            if value is not None:
                held.setdefault(name, {}).setdefault(_plain(value), []).append(place)
    of = {
        name: [entity.get(drafts[some[0]], name) for some in by.values()]
        for name, by in held.items()
    }
    _wait(uow, [unique.turn(entity, n, value) for n in sorted(of) for value in of[n]])
    table = entity.model.__table__
    errors: dict[int, list[Any]] = {}
    for name, by_value in held.items():
        query = select(
            entity.columns[name], table.c.number, table.c.id, access.visible(entity, uow.caller)
        ).where(entity.columns[name].in_(of[name]), *_live(entity, name))
        with uow.session.no_autoflush:
            for value, number, record_id, seen in uow.session.execute(query):
                for place in by_value.get(_plain(value), ()):
                    flaw = unique.flaw(entity, name, number, record_id, seen)
                    errors.setdefault(place, []).append(flaw)
        for first, *rest in by_value.values():
            for place in rest:
                flaw = unique.flaw(entity, name, None, drafts[first].id, seen=True)
                errors.setdefault(place, []).append(flaw)
    return {place: invalid(some) for place, some in errors.items()}


def _live(entity: Entity, name: str) -> list[Any]:
    """What an administrator wants unique may be in the bin once more; what is declared may not."""
    return [entity.model.__table__.c.deleted_at.is_(None)] if name in entity.uniques else []


def _plain(value: Any) -> str:
    return str(to_json_types(value))


def _wait(uow: UnitOfWork, turns: Sequence[Any]) -> None:
    for start in range(0, len(turns), _TURNS):
        uow.session.execute(select(*turns[start : start + _TURNS]))
