"""Values that no two records may share, by an administrator's wish: who was first keeps it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, literal, select, union_all

from contracts.errors import FieldError, invalid, refused
from crmkit import custom
from crmkit.entity import Entity, Snapshot
from crmkit.records import access
from crmkit.records.reading.rendering import to_json
from crmkit.unit_of_work import UnitOfWork

_SHOWN = 5


def check(uow: UnitOfWork, entity: Entity, record: Any, before: Snapshot) -> None:
    """Raise Problem 422 naming each value of the record that another one has; costs nothing else.

    Who writes the same value at the same time waits here for the other's end: this is right before
    there is an index, and while it is being made.
    """
    values = {name: entity.get(record, name) for name in entity.uniques}
    wanted = {n: v for n, v in values.items() if v is not None and before.get(n) != v}
    if not wanted:
        return
    with uow.session.no_autoflush:
        uow.session.execute(select(*(turn(entity, name, wanted[name]) for name in sorted(wanted))))
        found = uow.session.execute(_others(uow, entity, record.id, wanted)).all()
    if found:
        raise invalid([flaw(entity, *row) for row in found])


def turn(entity: Entity, name: str, value: Any) -> Any:
    """In SQL, wait for whoever writes this value of the field."""
    of_value = to_json([entity.name, name, custom.encoded(entity.fields[name], value)]).decode()
    return func.pg_advisory_xact_lock(func.hashtextextended(of_value, 0))


def _others(uow: UnitOfWork, entity: Entity, record_id: str, wanted: Mapping[str, Any]) -> Any:
    table = entity.model.__table__
    seen = access.visible(entity, uow.caller)
    return union_all(
        *(
            select(literal(name), table.c.number, table.c.id, seen)
            .where(
                entity.columns[name] == value, table.c.id != record_id, table.c.deleted_at.is_(None)
            )
            .limit(1)
            for name, value in wanted.items()
        )
    )


def flaw(entity: Entity, name: str, number: str | None, record_id: str, seen: bool) -> FieldError:  # noqa: FBT001 - a row
    """What is wrong with a value that this record has already."""
    who = f"{entity.title} {number or record_id}" if seen else f"another {entity.title.lower()}"
    return FieldError(f"/{name}", "not_unique", f"{who} has this value already")


def require_no_duplicates(uow: UnitOfWork, entity: Entity, name: str) -> None:
    """Raise Problem 409 `duplicates_exist` with some of the records that share a value."""
    table, value = entity.model.__table__, entity.columns[name]
    shared = (
        select(func.array_agg(table.c.id), func.array_agg(table.c.number))
        .where(table.c.deleted_at.is_(None), value.is_not(None))
        .group_by(value)
        .having(func.count() > 1)
        .limit(_SHOWN)
    )
    found = uow.session.execute(shared).all()
    if found:
        groups = [
            [
                {"id": record_id, "number": number}
                for record_id, number in zip(ids[:_SHOWN], numbers[:_SHOWN], strict=True)
            ]
            for ids, numbers in found
        ]
        raise refused("duplicates_exist", "Some records share a value.", duplicates=groups)
