"""What identity's own doors know of people, kept up with the records in the same transaction.

Other services, and this one for everything else, hear of people by event.
"""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from crmkit.records import principals
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork


def remember(uow: UnitOfWork, user: Any, *, active: bool) -> None:
    """Let this service's doors know `user` as it is now, from the commit on.

    The row keeps the version the record had, so that the event of this change still applies and
    older ones do not.
    """
    values = {
        "username": user.username,
        "display_name": user.display_name,
        "email": user.email,
        "role_id": user.role_id,
        "is_admin": user.is_admin,
        "active": active,
        "time_zone": user.time_zone,
        "first_weekday": principals.weekday(user.first_day_of_week),
        "version": user.version,
    }
    new = insert(principals.principal).values(user_id=user.id, **values)
    uow.session.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=values))


def hear_at_once(uow: UnitOfWork) -> None:
    """Apply the people, roles and keys this transaction tells of, before any event goes out."""
    events = [journal.event_of(uow, fact) for fact in uow.facts]
    principals.apply_people(uow.session, events)
