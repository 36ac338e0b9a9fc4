"""References between records: checked within the service and, by its copy, across services."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from contracts.errors import FieldError, invalid
from contracts.events.base import Event
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import access, projection
from crmkit.records.principals import principal
from crmkit.records.rights.tables import group
from crmkit.unit_of_work import UnitOfWork

NO_PARENTS: Mapping[str, str] = {}

OWNER = "user_or_group"
"""Stands for the target of a link to whoever may own records."""

WAIT_SECONDS = 1.0
"""How long a link to a record this service has not heard of yet is waited for."""

linked_record = Table(
    "linked_record",
    KIT,
    Column("record_id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("number", Text),
    Column("label", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("merged_into", Uuid(as_uuid=False)),
    Column("version", Integer, nullable=False),
    Column("owner_id", Uuid(as_uuid=False)),
    Column("within_id", Uuid(as_uuid=False), index=True, comment="the record it belongs to"),
    Index("ix_linked_record_owner_id", "owner_id", "entity", "record_id"),
)


def check(uow: UnitOfWork, entity: Entity, values: Mapping[str, Any]) -> None:
    """Raise Problem 422 naming each link in `values`, lines included, to nothing one can see, or
    to an owner to whom the caller's role may not assign records.
    """
    wanted: dict[tuple[str, str], list[str]] = {}
    _collect(wanted, entity.own_fields, values, "")
    for position, line in enumerate(values.get("lines") or ()):
        _collect(wanted, entity.line_fields, line, f"/lines/{position}")
    _refuse_dangling(uow, wanted)
    if entity.owned and values.get("owner_id") is not None:
        _refuse_out_of_reach(uow, values["owner_id"])


def require(uow: UnitOfWork, target: str, record_id: str, pointer: str) -> None:
    """The same for one link whose target only its record knows; `pointer` is where it was sent."""
    _refuse_dangling(uow, {(target, record_id): [pointer]})


def _refuse_dangling(uow: UnitOfWork, wanted: Mapping[tuple[str, str], Sequence[str]]) -> None:
    found = _existing(uow, wanted.keys()) if wanted else set()
    errors = [
        FieldError(pointer, "dangling_link", f"there is no such {target.replace('_', ' ')}")
        for (target, record_id), pointers in wanted.items()
        if (target, record_id) not in found
        for pointer in pointers
    ]
    if errors:
        raise invalid(errors)


def _refuse_out_of_reach(uow: UnitOfWork, owner_id: str) -> None:
    reach = uow.caller.rights.assigns
    if uow.caller.is_admin or reach is None or owner_id == uow.caller.user_id:
        return
    owner = literal(owner_id, Uuid(as_uuid=False))
    if not uow.session.scalar(select(access.owned_by(owner, reach))):
        detail = "your role does not let you assign records to them"
        raise invalid([FieldError("/owner_id", "owner_out_of_reach", detail)])


def _collect(
    wanted: dict[tuple[str, str], list[str]],
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    at: str,
) -> None:
    for name, value in values.items():
        field = fields.get(name)
        if field is not None and field.kind is Kind.LINK and field.target and value is not None:
            target = OWNER if field.or_group else field.target
            wanted.setdefault((target, value), []).append(f"{at}/{name}")


def _existing(uow: UnitOfWork, wanted: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the (target, id) that exist and are seen, in one statement for all targets.

    Another service's record may exist a moment before its event arrives here: it is waited for.
    """
    by_target: dict[str, list[str]] = {}
    for target, record_id in wanted:
        by_target.setdefault(target, []).append(record_id)
    query = union_all(*(_known(uow, target, ids) for target, ids in by_target.items()))
    elsewhere = {link for link in wanted if link[0] not in uow.entities}
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = {(target, record_id) for target, record_id in uow.session.execute(query)}
        if elsewhere <= found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def _known(uow: UnitOfWork, target: str, ids: Sequence[str]) -> Select[Any]:
    local = uow.entities.get(target)
    if local is not None:
        table = local.model.__table__
        seen = access.visible(local, uow.caller)
        query = select(literal(target), table.c.id)
        return query.where(table.c.id.in_(ids), table.c.deleted_at.is_(None), seen)
    if target in {"user", OWNER}:
        people = select(literal(target), principal.c.user_id)
        people = people.where(principal.c.user_id.in_(ids), principal.c.active)
        if target == "user":
            return people
        groups = select(literal(target), group.c.group_id)
        found = people.union_all(groups.where(group.c.group_id.in_(ids), ~group.c.deleted))
        return select(found.subquery())
    return select(literal(target), linked_record.c.record_id).where(
        linked_record.c.record_id.in_(ids),
        linked_record.c.entity == target,
        linked_record.c.deleted.is_(False),
    )


def apply_labels(
    session: Session,
    events: Sequence[Event],
    labels: Mapping[str, Sequence[str]],
    within: Mapping[str, str] = NO_PARENTS,
) -> list[Event]:
    """Keep the copy of others' records that ours may point at; the events that were news.

    `labels` names the fields by which people name each entity; events of others are passed over.
    `within` names the field that says to which record one belongs, for entities that roll up.
    """
    heard = {event.id: event for event in events if event.type.split(".")[2] in labels}
    rows = [_row(event, labels, within) for event in heard.values()]
    fresh = projection.keep(session, linked_record, rows)
    newest = {(event.subject, event.version): event for event in heard.values()}
    return [newest[record_id, version] for record_id, version in fresh]


def _row(
    event: Event, labels: Mapping[str, Sequence[str]], within: Mapping[str, str]
) -> dict[str, Any]:
    entity = event.type.split(".")[2]
    record = event.data["record"]
    return {
        "record_id": event.subject,
        "entity": entity,
        "number": record["number"],
        "label": " ".join(str(record[name]) for name in labels[entity] if record.get(name)),
        "deleted": event.data["deleted"],
        "merged_into": survivor_of(event),
        "version": event.version,
        "owner_id": record.get("owner_id"),
        "within_id": record.get(within.get(entity, "")),
    }


def survivor_of(event: Event) -> str | None:
    """Into which record the event's was merged by it; None if it was not."""
    who = event.data.get("merge")
    if not event.data["deleted"] or who is None:
        return None
    survivor_id: str = who["survivor_id"]
    return survivor_id
