"""References between records: checked within the service and, by its copy, across services."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.errors import FieldError, invalid
from contracts.events.base import Event
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import access
from crmkit.records.principals import principal
from crmkit.unit_of_work import UnitOfWork

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
    Column("version", Integer, nullable=False),
)


def check(uow: UnitOfWork, entity: Entity, values: Mapping[str, Any]) -> None:
    """Raise Problem 422 naming each link in `values`, lines included, to nothing one can see."""
    wanted: dict[tuple[str, str], list[str]] = {}
    _collect(wanted, entity.own_fields, values, "")
    for position, line in enumerate(values.get("lines") or ()):
        _collect(wanted, entity.line_fields, line, f"/lines/{position}")
    _refuse_dangling(uow, wanted)


def require(uow: UnitOfWork, target: str, record_id: str, pointer: str) -> None:
    """The same for one link whose target only its record knows; `pointer` is where it was sent."""
    _refuse_dangling(uow, {(target, record_id): [pointer]})


def _refuse_dangling(uow: UnitOfWork, wanted: Mapping[tuple[str, str], Sequence[str]]) -> None:
    by_target: dict[str, list[str]] = {}
    for target, record_id in wanted:
        by_target.setdefault(target, []).append(record_id)
    found = {
        (target, record_id)
        for target, ids in by_target.items()
        for record_id in _existing(uow, target, ids)
    }
    errors = [
        FieldError(pointer, "dangling_link", f"there is no such {target.replace('_', ' ')}")
        for (target, record_id), pointers in wanted.items()
        if (target, record_id) not in found
        for pointer in pointers
    ]
    if errors:
        raise invalid(errors)


def _collect(
    wanted: dict[tuple[str, str], list[str]],
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    at: str,
) -> None:
    for name, value in values.items():
        field = fields.get(name)
        if field is not None and field.kind is Kind.LINK and field.target and value is not None:
            wanted.setdefault((field.target, value), []).append(f"{at}/{name}")


def _existing(uow: UnitOfWork, target: str, ids: Sequence[str]) -> frozenset[str]:
    wanted = list(dict.fromkeys(ids))
    local = uow.entities.get(target)
    if local is not None:
        table = local.model.__table__
        seen = access.visible(local, uow.caller)
        query = select(table.c.id).where(table.c.id.in_(wanted), table.c.deleted_at.is_(None), seen)
        return frozenset(uow.session.scalars(query))
    if target == "user":
        people = select(principal.c.user_id).where(
            principal.c.user_id.in_(wanted), principal.c.active
        )
        return _told(uow, people, len(wanted))
    known = select(linked_record.c.record_id).where(
        linked_record.c.record_id.in_(wanted),
        linked_record.c.entity == target,
        linked_record.c.deleted.is_(False),
    )
    return _told(uow, known, len(wanted))


def _told(uow: UnitOfWork, query: Any, expected: int) -> frozenset[str]:
    """Another service's record may exist a moment before its event arrives here."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = frozenset(uow.session.scalars(query))
        if len(found) == expected or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def apply_labels(session: Session, events: Sequence[Event], labels: Mapping[str, str]) -> None:
    """Keep the copy of others' records that ours may point at.

    `labels` names the label field of each entity; events of other entities are passed over.
    """
    for event in events:
        entity = event.type.split(".")[2]
        if entity not in labels:
            continue
        record = event.data["record"]
        new = insert(linked_record).values(
            record_id=event.subject,
            entity=entity,
            number=record["number"],
            label=record[labels[entity]] or "",
            deleted=event.data["deleted"],
            version=event.version,
        )
        changed = {c: new.excluded[c] for c in ("number", "label", "deleted", "version")}
        session.execute(
            new.on_conflict_do_update(
                index_elements=["record_id"],
                set_=changed,
                where=linked_record.c.version < new.excluded.version,
            )
        )
