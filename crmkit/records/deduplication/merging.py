"""Several records that are one and the same become one; within thirty days it can be undone.

The losers leave the stage as deleted ones do, their ids go on answering for the survivor, and
whatever pointed at them points at it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import delete, insert, literal, select

from contracts.errors import FieldError, Moved, Problem, invalid, refused
from crmkit import custom
from crmkit.entity import Entity
from crmkit.fields import Field, Kind, WhenDeleted
from crmkit.records import owners, recycle, store
from crmkit.records.deduplication import attached, relinking
from crmkit.records.deduplication.merged import merge as merges
from crmkit.records.deduplication.merged import merged_record
from crmkit.records.relations import links
from crmkit.records.relations.references import self_links
from crmkit.records.writing import discretion, external_ids, validation
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork, new_id

UNDONE_WITHIN = timedelta(days=30)
_DEEPEST = 1000
"""Steps up a tree; no real one has so many."""

Id = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]


class Merge(BaseModel):
    """The survivor keeps its values but for those in `values`, and those of the fields in `take`.

    `take` names for a field the record, one of the losers, whose value it gets.
    """

    model_config = ConfigDict(extra="forbid")
    losers: Annotated[list[Id], Constraint(min_length=1, max_length=2)]
    values: dict[str, Any] = {}
    take: dict[str, Id] = {}


def merge(
    uow: UnitOfWork, entity: Entity, key: str, payload: Any, *, if_match: int | None = None
) -> Any:
    """Merge the losers into the record called `key`, as the body of a `Merge` says; what has been
    merged already is passed over.

    Raises Problem 403, 404, 405, 412, 422 naming every bad loser and value, or what a rule, a
    guard or a circle has against it.
    """
    entity = uow.of(entity)
    survivor = store.fetch(uow, entity, key, "merge", if_match=if_match)
    wish: Merge = validation.parse_body(Merge, payload)
    losers = _losers(uow, entity, survivor, wish.losers)
    if not losers:
        return survivor
    for loser in losers:
        for guard in (*entity.on_delete, *entity.on_merge):
            guard(uow, loser)
    _refuse_circle(uow, entity, survivor, losers)
    chosen = _chosen(uow, entity, survivor, losers, wish)
    before = {name: entity.get(survivor, name) for name in chosen}
    merge_id = new_id()
    taken = {loser.id: _make_room(entity, loser, chosen) for loser in losers}
    who = _who(survivor, losers)
    for loser in losers:
        loser.deleted_at = uow.at
        recycle.tell(uow, entity, loser, "merged", merge=who)
    with discretion.kept(uow, entity):
        store.update(uow, entity, survivor, chosen, fact="merged", merge=who)
    uow.session.flush()
    ids = [loser.id for loser in losers]
    row = {
        "id": merge_id,
        "entity": entity.name,
        "survivor_id": survivor.id,
        "at": uow.at,
        "actor_id": uow.caller.user_id,
        "before": _kept(entity, before),
        "after": _kept(entity, chosen),
        "taken": {
            "values": {i: _kept(entity, values) for i, values in taken.items()},
            "external_ids": external_ids.give(uow, entity, ids, survivor.id),
            "attached": attached.hand_over(uow, entity, ids, survivor.id),
        },
    }
    uow.session.execute(insert(merges).values(row))
    shared = {"entity": entity.name, "merge_id": merge_id, "survivor_id": survivor.id}
    uow.session.execute(insert(merged_record), [{"loser_id": i, **shared} for i in ids])
    relinking.move_all(uow, entity, dict.fromkeys(ids, survivor.id), *WhenDeleted)
    relinking.link(uow, entity, survivor, ids)
    return survivor


def unmerge(uow: UnitOfWork, entity: Entity, key: str, *, if_match: int | None = None) -> Any:
    """Undo the last merge into the record: its losers come back, with what pointed at them.

    The survivor gets back the values that it lost, unless they were changed since; so does
    whatever still points at it. Raises Problem 403, 404, 405, 409 `not_merged`, `merge_too_old`,
    412.
    """
    entity = uow.of(entity)
    survivor = store.fetch(uow, entity, key, "merge", if_match=if_match)
    query = select(merges).where(merges.c.survivor_id == survivor.id)
    row = uow.session.execute(query.order_by(merges.c.at.desc()).limit(1)).one_or_none()
    if row is None:
        raise refused("not_merged", "Nothing has been merged into this record.")
    if uow.at - row.at > UNDONE_WITHIN:
        raise refused("merge_too_old", "A merge can be undone for 30 days.")
    of_merge = merged_record.c.merge_id == row.id
    ids = uow.session.scalars(select(merged_record.c.loser_id).where(of_merge)).all()
    losers = list(store.lock(uow, entity, ids).values())
    uow.session.execute(delete(merged_record).where(of_merge))
    uow.session.execute(delete(merges).where(merges.c.id == row.id))
    who = _who(survivor, losers)
    back = owners.with_owner_of_now(uow.session, _untouched(entity, survivor, row))
    with discretion.kept(uow, entity):
        store.update(uow, entity, survivor, back, fact="unmerged", merge=who)
    uow.session.flush()
    for loser in losers:
        for name, value in row.taken["values"].get(loser.id, {}).items():
            entity.put(loser, name, _read(entity.fields[name], value))
        loser.deleted_at = None
        recycle.tell(uow, entity, loser, "unmerged", merge=who)
    external_ids.give_back(uow, entity, row.taken["external_ids"], survivor.id)
    attached.give_back(uow, row.taken["attached"], survivor.id)
    relinking.put_all_back(uow, entity, ids)
    relinking.unlink(uow, entity, survivor, ids)
    return survivor


def _losers(uow: UnitOfWork, entity: Entity, survivor: Any, ids: Sequence[str]) -> list[Any]:
    losers: list[Any] = []
    errors: list[FieldError] = []
    for position, loser_id in enumerate(ids):
        at = f"/losers/{position}"
        if loser_id == survivor.id or loser_id in ids[:position]:
            errors.append(FieldError(at, "same_record", "is named twice"))
            continue
        try:
            losers.append(store.fetch(uow, entity, loser_id, "delete"))
        except Moved as moved:
            if moved.survivor_id != survivor.id:
                detail = f"was merged into {moved.survivor_id} already"
                errors.append(FieldError(at, "merged", detail))
        except Problem as problem:
            errors.append(FieldError(at, problem.code, problem.detail))
    if errors:
        raise invalid(errors)
    return losers


def _chosen(
    uow: UnitOfWork, entity: Entity, survivor: Any, losers: Sequence[Any], wish: Merge
) -> dict[str, Any]:
    """The survivor's new values, as Python has them."""
    with _below("/values"):
        chosen = validation.parse(uow.shown(entity), wish.values, partial=True)
        links.check(uow, entity, chosen)
    known = {record.id: record for record in (survivor, *losers)}
    errors: list[FieldError] = []
    for name, record_id in wish.take.items():
        field = uow.shown(entity).own_fields.get(name)
        at = f"/take/{name}"
        if field is None or field.read_only:
            errors.append(FieldError(at, "unknown_field", "is no field that can be chosen"))
        elif name in wish.values:
            errors.append(FieldError(at, "unexpected_value", "a value is given for it already"))
        elif record_id not in known:
            errors.append(FieldError(at, "unknown_value", "is none of the merged records"))
        else:
            chosen[name] = entity.get(known[record_id], name)
    if errors:
        raise invalid(errors)
    return {n: value for n, value in chosen.items() if entity.get(survivor, n) != value}


@contextmanager
def _below(pointer: str) -> Iterator[None]:
    """Let a refusal of a part of the body point at where that part stands."""
    try:
        yield
    except Problem as problem:
        errors = [replace(error, pointer=pointer + error.pointer) for error in problem.errors]
        if not errors:
            raise
        raise invalid(errors) from None


def _make_room(entity: Entity, loser: Any, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Take from the loser what only one record may have and the survivor is to have now."""
    taken = {
        name: value
        for name, value in chosen.items()
        if entity.fields[name].unique
        and entity.fields[name].nullable
        and value is not None
        and entity.get(loser, name) == value
    }
    for name in taken:
        entity.put(loser, name, None)
    return taken


def _refuse_circle(uow: UnitOfWork, entity: Entity, survivor: Any, losers: Sequence[Any]) -> None:
    """Refuse a survivor that lies below a loser, over other records: they would form a ring."""
    table = entity.model.__table__
    ids = [loser.id for loser in losers]
    for name in self_links(entity):
        parent = entity.columns[name]
        above = (
            select(table.c.id, parent.label("parent"), literal(0).label("step"))
            .where(table.c.id == survivor.id)
            .cte("above", recursive=True)
        )
        further = select(table.c.id, parent, above.c.step + 1)
        above = above.union_all(
            further.join(above, table.c.id == above.c.parent).where(above.c.step < _DEEPEST)
        )
        over_others = above.c.id.in_(ids) & (above.c.step > 1)
        if uow.session.scalar(select(above.c.id).where(over_others).limit(1)) is not None:
            detail = f"By {name} the survivor lies below what is merged into it, over others."
            raise refused("circle", detail)


def _untouched(entity: Entity, survivor: Any, row: Any) -> dict[str, Any]:
    """The values from before the merge of the fields that still have the merge's."""
    back = {}
    for name, value in row.before.items():
        field = entity.fields.get(name)
        if (
            field is not None
            and _kept(entity, {name: entity.get(survivor, name)})[name] == (row.after[name])
        ):
            back[name] = _read(field, value)
    return back


def _who(survivor: Any, losers: Sequence[Any]) -> dict[str, Any]:
    return {"survivor_id": survivor.id, "loser_ids": [loser.id for loser in losers]}


def _kept(entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in JSON's types, for the way back."""
    return {
        name: None if value is None else _written(entity.fields[name], value)
        for name, value in values.items()
    }


def _written(field: Field, value: Any) -> Any:
    return value.isoformat() if field.kind is Kind.DATETIME else custom.encoded(field, value)


def _read(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.kind is Kind.DATETIME:
        return datetime.fromisoformat(value)
    return custom.decoded(field, value)
