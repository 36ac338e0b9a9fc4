"""A change of rights is tried and undone: what services would hear of it, whom it would touch."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select

from contracts.errors import FieldError, Problem, invalid, json_pointer
from contracts.events.base import Event
from crmkit.entity import Entity
from crmkit.records import auditing, recycle, store
from crmkit.records.principals import principal
from crmkit.records.rights import supposing
from crmkit.records.rights.comparing import (
    MOST_USERS,
    Affected,
    Rehearsal,
    RightsChange,
    Simulation,
)
from crmkit.records.rights.organisation import current
from crmkit.records.rights.supposing import Supposed
from crmkit.records.rights.tables import VERSION
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork


class _Undone(Exception):  # noqa: N818 - it is how what was tried ends
    pass


def simulate(uow: UnitOfWork, wish: Simulation) -> Rehearsal:
    """What the changes come to, and for whom to count it; nothing of them stays but the audit.

    Raises Problem 422 for what stands against a change, for users that are not there, and
    when more would be touched than can be counted for.
    """
    change = supposing.supposed(_tried(uow, wish.changes))
    users = _users(uow, wish.users, change)
    auditing.note(
        uow,
        "access.simulated",
        details={
            "changes": [
                {"method": one.method, "path": one.path, "fields": sorted(one.body)}
                for one in wish.changes
            ],
            "users": [one.id for one in users],
        },
    )
    return Rehearsal(supposed=change, users=users)


def _tried(uow: UnitOfWork, changes: Sequence[RightsChange]) -> list[Event]:
    """The events that the changes would be told by, all of them undone."""
    errors: list[FieldError] = []
    events: list[Event] = []
    told = len(uow.facts)
    with suppress(_Undone), uow.attempt():
        for position, change in enumerate(changes):
            errors += _refusals(uow, change, json_pointer("changes", position))
        events = [journal.event_of(uow, fact) for fact in uow.facts[told:]]
        raise _Undone
    if errors:
        raise invalid(errors)
    return events


def _refusals(uow: UnitOfWork, change: RightsChange, at: str) -> list[FieldError]:
    """Make the change; what stands against it."""
    plural, _, key = change.path[1:].partition("/")
    entity = next(one for one in uow.entities.values() if one.plural == plural)
    if bool(key) is (change.method == "POST"):
        detail = "names no record to make one, and one to change it"
        return [FieldError(f"{at}/path", "invalid", detail)]
    try:
        with uow.attempt():
            _make(uow, entity, key, change)
    except Problem as refusal:
        return [
            FieldError(f"{at}/body{one.pointer}", one.code, one.detail) for one in refusal.errors
        ] or [FieldError(at, refusal.code, refusal.detail)]
    return []


def _make(uow: UnitOfWork, entity: Entity, key: str, change: RightsChange) -> None:
    if change.method == "POST":
        store.create(uow, entity, change.body)
    elif change.method == "PATCH":
        store.patch(uow, entity, key, change.body)
    else:
        recycle.delete(uow, entity, key, hands_over=True)


def _users(uow: UnitOfWork, named: Sequence[str] | None, change: Supposed) -> list[Affected]:
    """Those that are named, or all whose rights would be others."""
    wanted = list(dict.fromkeys(named)) if named is not None else _touched(uow, change)
    query = select(principal.c.user_id, principal.c.display_name)
    rows = uow.session.execute(query.where(principal.c.user_id.in_(wanted)))
    names = {row.user_id: row.display_name for row in rows}
    unknown = [
        FieldError(json_pointer("users", n), "dangling_link", "there is no such user")
        for n, one in enumerate(named or ())
        if one not in names
    ]
    if unknown:
        raise invalid(unknown)
    return [Affected(id=one, name=names.get(one, "")) for one in wanted]


def _touched(uow: UnitOfWork, change: Supposed) -> list[str]:
    before = current(uow.session, uow.session.scalar(VERSION) or 0)
    after = supposing.over(before, change)
    found = supposing.touched(before, after, supposing.places(uow.session), change.users)
    if len(found) > MOST_USERS:
        detail = f"it would touch {len(found)} users: name up to {MOST_USERS} of them"
        raise invalid([FieldError("/users", "too_many", detail)])
    return found
