"""How many records views hold: one view's, and all key metrics of a caller in one statement."""

from typing import Any

from sqlalchemy import func, literal, select, union_all

from contracts.errors import Problem
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.reading import query
from crmkit.records.views.reading import View, metrics
from crmkit.unit_of_work import UnitOfWork


def count(uow: UnitOfWork, entity: Entity, view: View) -> int:
    """The records of a view that the caller sees. Raises Problem 409 for an outdated one."""
    return uow.session.scalar(_counted(uow, entity, view)) or 0


def key_metrics(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Every key metric that the caller may use, with its count; null for an outdated one."""
    entities = [e for e in uow.entities.values() if access.may_ever(e, uow.caller, "view")]
    found = metrics(uow, entities)
    questions = []
    for position, (entity, view) in enumerate(found):
        try:
            counted = _counted(uow, entity, view).scalar_subquery()
        except Problem:
            continue
        questions.append(select(literal(position), counted))
    counts: dict[int, int] = {}
    if questions:
        rows = uow.session.execute(union_all(*questions)).all()
        counts = {row[0]: row[1] for row in rows}
    return [
        {
            "entity": entity.name,
            "plural": entity.plural,
            "view": view.id,
            "name": view.name,
            "count": counts.get(position),
        }
        for position, (entity, view) in enumerate(found)
    ]


def _counted(uow: UnitOfWork, entity: Entity, view: View) -> Any:
    chosen = query.selected(uow, entity, view.tree(uow, entity), "").order_by(None)
    return select(func.count()).select_from(chosen.subquery())
