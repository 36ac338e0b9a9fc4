"""How a report names the people and records its rows stand for."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from crmkit.records.principals import principal
from crmkit.records.rights.tables import group
from crmkit.unit_of_work import UnitOfWork
from services.reporting import seeing
from services.reporting.projections import fact


def of_people(session: Session, user_ids: Iterable[str]) -> dict[str, str]:
    """The name of each person or group this service has heard of."""
    ids = list(user_ids)
    people = select(principal.c.user_id, principal.c.display_name)
    groups = select(group.c.group_id, group.c.name).where(group.c.group_id.in_(ids))
    named = people.where(principal.c.user_id.in_(ids)).union_all(groups)
    return {row.user_id: row.display_name for row in session.execute(named)}


def of_records(uow: UnitOfWork, entity: str, record_ids: Iterable[str]) -> dict[str, str]:
    """The label of each record this service has heard of, and that the caller sees."""
    wanted = (fact.c.entity == entity) & fact.c.record_id.in_(list(record_ids))
    seen = seeing.by_owner(uow, entity, fact.c.owner_id) | seeing.below(uow, entity)
    known = wanted & fact.c.label.is_not(None) & seen
    rows = uow.session.execute(select(fact.c.record_id, fact.c.label).where(known))
    return {row.record_id: row.label for row in rows}
