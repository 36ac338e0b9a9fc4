"""Indexes of what a file's rows are matched and linked by, lent to whoever imports.

Without them each part of a file would read whole tables.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table

from crmkit.entity import Entity
from crmkit.records.deduplication import duplicates
from crmkit.records.importing import linking
from crmkit.records.importing.plans import KEYS, Settled
from crmkit.records.relations.links import linked_record
from crmkit.records.tailoring import indexes
from crmkit.unit_of_work import UnitOfWork

Wish = tuple[Table, ColumnElement[Any]]


def lend(uow: UnitOfWork, entity: Entity, plan: Settled) -> None:
    """Have what the plan compares indexed, once `indexes.tend` has made it."""
    for table, expression in (*_matched(entity, plan), *_linked(uow, plan)):
        indexes.lend(uow.session, table, expression)


def _matched(entity: Entity, plan: Settled) -> Iterator[Wish]:
    for fields in plan.sets:
        if fields[0] not in KEYS and fields not in duplicates.enforced(entity):
            key = duplicates.key([entity.columns[name] for name in fields])
            yield entity.model.__table__, key


def _linked(uow: UnitOfWork, plan: Settled) -> Iterator[Wish]:
    ways = {(column.target, column.by) for column in plan.columns if column.target}
    for target, by in sorted(ways):
        if target == linking.PEOPLE:
            continue
        local = uow.entities.get(target)
        if local is None:
            if by in {"auto", "number"}:
                yield linked_record, linked_record.c.number
            if by in {"auto", "name"}:
                yield linked_record, linking.called_elsewhere()
        elif by in {"auto", "name"} and not linking.named_by_rule(local) and _textual(local):
            yield local.model.__table__, linking.called(local)


def _textual(entity: Entity) -> bool:
    """Whether names are of fields whose text does not depend on a session's settings."""
    return all(entity.fields[name].kind in duplicates.COMPARED for name in entity.label)
