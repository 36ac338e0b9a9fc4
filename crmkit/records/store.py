"""The verbs every record has. A write passes, in this order: access, unknown and read-only
fields, validation, choices, links, derivations, rules, duplicates, number, row, and at commit
history and outbox.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select

from contracts.errors import FieldError, Problem, invalid, precondition_failed
from crmkit.entity import Entity, Snapshot
from crmkit.records import access, picklists
from crmkit.records.deduplication import duplicates, merged
from crmkit.records.reading import rendering
from crmkit.records.relations import links
from crmkit.records.tailoring import unique
from crmkit.records.writing import (
    discretion,
    line_items,
    locking,
    numbering,
    telling,
    validation,
    value_types,
)
from crmkit.unit_of_work import UnitOfWork, new_id

_ID = re.compile(value_types.UUID_PATTERN)


def create(uow: UnitOfWork, entity: Entity, payload: Any, *, source: str = "API") -> Any:
    """A new record from what a client sent.

    Raises Problem 403, 405, 422 (every bad field), or the refusal of a rule.
    """
    entity = uow.of(entity)
    access.require(entity, uow.caller, "create")
    discretion.refuse_to_leave_out(uow, entity)
    values = accepted(uow, entity, payload)
    discretion.refuse_new_lines(uow, entity, values.get("lines") or ())
    with discretion.kept(uow, entity):
        return insert(uow, entity, values, source=source)


def insert(
    uow: UnitOfWork,
    entity: Entity,
    values: Mapping[str, Any],
    *,
    fact: str = "created",
    source: str = "API",
    number: str | None = None,
) -> Any:
    """A new record from values the suite itself made; rules still hold, and it is journalled.

    Its number is the next one, unless the action has taken it already.
    """
    entity = uow.of(entity)
    record = draft(uow, entity, values, source=source)
    _settle(uow, entity, record, {})
    if entity.prefix:
        record.number = number or numbering.take(uow, entity)
    uow.session.add(record)
    uow.session.flush()
    after = rendering.state(entity, record)
    telling.tell(uow, entity, fact, before={}, after=after)
    return record


def draft(uow: UnitOfWork, entity: Entity, values: Mapping[str, Any], *, source: str) -> Any:
    """The record that these values would become, defaults filled in; it is not stored."""
    values = dict(values)
    lines = values.pop("lines", ())
    record = entity.model(**new_row(uow, entity, values, source=source))
    if entity.line_model is not None:
        line_items.replace(entity, record, lines)
    return record


def new_row(
    uow: UnitOfWork, entity: Entity, values: Mapping[str, Any], *, source: str
) -> dict[str, Any]:
    """What the columns of a new record hold before derivations: `values`, defaults, who, when."""
    filled = {n: default for n, default in entity.defaults.items() if values.get(n) is None}
    row = {
        "custom": {},
        **entity.packed({**values, **filled}),
        "id": new_id(),
        "version": 1,
        "created_at": uow.at,
        "modified_at": uow.at,
        "created_by": uow.caller.user_id,
        "modified_by": uow.caller.user_id,
        "source": source,
    }
    if entity.owned and row.get("owner_id") is None:
        row["owner_id"] = uow.caller.user_id
    return row


def fetch(
    uow: UnitOfWork, entity: Entity, key: str, verb: str, *, if_match: int | None = None
) -> Any:
    """The record, locked for the rest of the transaction, if the caller has `verb` on it.

    `key` is an id or a number. Raises Problem 308 (merged into another), 404 (absent or unseen),
    403, 405, 412.
    """
    entity = uow.of(entity)
    access.require(entity, uow.caller, verb)
    query = (
        _lookup(entity, key, select(entity.model))
        .where(access.visible(entity, uow.caller))
        .add_columns(access.visible(entity, uow.caller, verb).label("permitted"))
    )
    rows = locking.locked(uow, entity, query)
    if not rows:
        raise merged.elsewhere(uow, entity, named(entity, key), key)
    record = rows[0][0]
    if not rows[0].permitted:
        raise Problem(403, "forbidden", f"You may not {verb} this record.")
    if if_match is not None and if_match != record.version:
        current = rendering.state(uow.shown(entity), record)
        raise precondition_failed(rendering.to_json_types(current))
    return record


def read(uow: UnitOfWork, entity: Entity, key: str) -> dict[str, Any]:
    """The record's state as its reader may see it. Raises Problem 308 (merged), 404."""
    entity = uow.shown(entity)
    access.require(entity, uow.caller, "view")
    query = _lookup(entity, key, select(*rendering.state_columns(entity))).where(
        access.visible(entity, uow.caller)
    )
    if entity.line_model is not None:
        query = line_items.beside(entity, query)
    rows = uow.session.execute(query).all()
    if not rows:
        raise merged.elsewhere(uow, entity, named(entity, key), key)
    values = rendering.state_from_row(entity, rows[0])
    if entity.line_model is not None:
        values["lines"] = line_items.from_rows(entity, rows)
    return values


def lock(uow: UnitOfWork, entity: Entity, ids: Iterable[str]) -> dict[str, Any]:
    """The records with these ids, locked in the order of their ids so that no two wait in a circle.

    Nobody's rights are asked: for actions and handlers that follow a link. Deleted ones included.
    """
    query = (
        select(entity.model).where(entity.model.id.in_(sorted(set(ids)))).order_by(entity.model.id)
    )
    return {row[0].id: row[0] for row in locking.locked(uow, entity, query)}


def _lookup(entity: Entity, key: str, query: Any) -> Any:
    return query.where(named(entity, key), entity.model.__table__.c.deleted_at.is_(None))


def named(entity: Entity, key: str) -> ColumnElement[bool]:
    """The clause for the record with this id or number, wherever it is."""
    table = entity.model.__table__
    found: ColumnElement[bool] = (table.c.id if is_id(key) else table.c.number) == key
    return found


def is_id(key: str) -> bool:
    """Whether `key` is written as an id rather than as a number."""
    return _ID.fullmatch(key) is not None


def patch(
    uow: UnitOfWork,
    entity: Entity,
    key: str,
    payload: Any,
    *,
    if_match: int | None = None,
) -> Any:
    """Change the fields sent (RFC 7396); a change of nothing writes nothing.

    Raises Problem 403, 404, 405, 412, 422, or the refusal of a rule.
    """
    entity = uow.of(entity)
    record = fetch(uow, entity, key, "edit", if_match=if_match)
    values = accepted(uow, entity, payload, record)
    discretion.refuse_new_lines(uow, entity, values.get("lines") or ())
    with discretion.kept(uow, entity):
        return update(uow, entity, record, values)


def accepted(uow: UnitOfWork, entity: Entity, payload: Any, record: Any = None) -> dict[str, Any]:
    """The values of a new record, or those sent for one there is.

    Raises Problem 422 that names every bad field: what is no value, no choice or no link.
    """
    values, flaws = validation.read(uow.shown(entity), payload, partial=record is not None)
    moved = values
    if record is not None:
        moved = {n: v for n, v in values.items() if n == "lines" or entity.get(record, n) != v}
    errors = [*flaws]
    with validation.gathered(errors):
        picklists.check(uow, entity, moved, record)
    with validation.gathered(errors):
        links.check(uow, entity, moved)
    if errors:
        raise invalid(errors)
    return values


def update(
    uow: UnitOfWork,
    entity: Entity,
    record: Any,
    values: Mapping[str, Any],
    *,
    fact: str = "changed",
    **more: Any,
) -> Any:
    """Set `values` on a fetched record, read-only ones included; rules still hold.

    `more` is told with it (see `telling.tell`).
    """
    entity = uow.of(entity)
    before = rendering.state(entity, record)
    for name, value in values.items():
        if name == "lines":
            line_items.replace(entity, record, value)
        elif entity.get(record, name) != value:
            entity.put(record, name, value)
    _settle(uow, entity, record, before)
    return touch(uow, entity, record, before, fact=fact, **more)


def touch(
    uow: UnitOfWork,
    entity: Entity,
    record: Any,
    before: Snapshot,
    *,
    fact: str = "changed",
    **more: Any,
) -> Any:
    """Store and journal a record whose attributes or lines an action has changed since `before`.

    A change of nothing is passed over, unless there is `more` to tell than that.
    """
    entity = uow.of(entity)
    after = rendering.state(entity, record)
    if after == before and not more:
        return record
    record.version += 1
    record.modified_at = uow.at
    record.modified_by = uow.caller.user_id
    # Not flushed: a handler of a hundred events then updates each table in one statement.
    after = rendering.state(entity, record)
    deleted = record.deleted_at is not None
    telling.tell(uow, entity, fact, before=before, after=after, deleted=deleted, **more)
    return record


def _settle(uow: UnitOfWork, entity: Entity, record: Any, before: Snapshot) -> None:
    obey(uow, entity, record, before)
    unique.check(uow, entity, record, before)
    duplicates.check(uow, entity, record, before)


def obey(uow: UnitOfWork, entity: Entity, record: Any, before: Snapshot) -> None:
    """Let the entity's derivations and rules have their say. Raises Problem."""
    entity.follow(record)
    for derivation in entity.derive:
        derivation(uow, record, before)
    errors: list[FieldError] = []
    for rule in entity.rules:
        errors += rule(record, before) or ()
    if errors:
        raise invalid(errors)


def same(entity: Entity, record: Any, values: Mapping[str, Any]) -> bool:
    """Whether setting `values` would change nothing a client can see."""
    for name, value in values.items():
        if name == "lines":
            if not line_items.same(entity, record, value):
                return False
        elif entity.get(record, name) != value:
            return False
    return True
