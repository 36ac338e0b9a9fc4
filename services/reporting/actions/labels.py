"""How a report names the people and records its rows stand for."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from crmkit.records.principals import principal
from services.reporting.projections import fact


def of_people(session: Session, user_ids: Iterable[str]) -> dict[str, str]:
    """The display name of each person this service has heard of."""
    wanted = principal.c.user_id.in_(list(user_ids))
    rows = session.execute(select(principal.c.user_id, principal.c.display_name).where(wanted))
    return {row.user_id: row.display_name for row in rows}


def of_records(session: Session, entity: str, record_ids: Iterable[str]) -> dict[str, str]:
    """The label of each record this service has heard of."""
    wanted = (fact.c.entity == entity) & fact.c.record_id.in_(list(record_ids))
    known = wanted & fact.c.label.is_not(None)
    rows = session.execute(select(fact.c.record_id, fact.c.label).where(known))
    return {row.record_id: row.label for row in rows}
