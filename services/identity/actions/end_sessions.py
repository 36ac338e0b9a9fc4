"""The sessions of a person: seen, and ended, by themselves and by administrators."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from contracts.errors import not_found
from crmkit.records.store import is_id
from crmkit.unit_of_work import UnitOfWork
from services.identity import security_events, sessions
from services.identity.entities.user import User
from services.identity.listing import Listed, newest_first
from services.identity.sessions import session_table


class SessionRow(BaseModel):
    """A sign-in that is alive; address and device are those of its last renewal."""

    id: str
    method: str
    address: str
    device: str
    created_at: datetime
    last_used_at: datetime


class SignedIn(SessionRow):
    """A sign-in that is alive. `current` is the one of this request."""

    current: bool


class SessionPage(BaseModel):
    """The newest first."""

    items: list[SignedIn]
    next_cursor: str | None


def list_my_sessions(uow: UnitOfWork, wish: Listed) -> dict[str, Any]:
    """Where the caller is signed in."""
    return _page(uow, uow.caller.user_id, wish)


def list_sessions(uow: UnitOfWork, user: User, wish: Listed) -> dict[str, Any]:
    """Where this user is signed in."""
    return _page(uow, user.id, wish)


def end_session(uow: UnitOfWork, session_id: str) -> None:
    """End a session, one's own or as an administrator; its tokens are refused from now on.

    Raises Problem 404.
    """
    owner = sessions.owner_of(uow, session_id) if is_id(session_id) else None
    if owner is None or (owner != uow.caller.user_id and not uow.caller.is_admin):
        raise not_found("There is no such session, or it is not yours.")
    if sessions.end(uow, session_id):
        security_events.note(uow, "session_revoked", owner, session_id=session_id)


def end_my_other_sessions(uow: UnitOfWork) -> None:
    """Sign the caller out everywhere but here."""
    user_id = uow.caller.user_id
    if sessions.revoke_all(uow, user_id, but=uow.origin.session_id):
        security_events.note(uow, "sessions_revoked", user_id)


def end_sessions(uow: UnitOfWork, user: User) -> None:
    """Sign this user out everywhere."""
    if sessions.revoke_all(uow, user.id):
        security_events.note(uow, "sessions_revoked", user.id)


def _page(uow: UnitOfWork, user_id: str, wish: Listed) -> dict[str, Any]:
    page = newest_first(uow, session_table, SessionRow, sessions.open_ones(user_id), wish)
    for item in page["items"]:
        item["current"] = item["id"] == uow.origin.session_id
    return page
