"""API keys: made, listed, revoked by people, and exchanged for tokens by scripts."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import select

from contracts.errors import Problem, not_found
from crmkit.records.scopes import SCOPE_PATTERN
from crmkit.records.store import is_id
from crmkit.unit_of_work import UnitOfWork
from services.identity import api_keys, keys, security_events, sessions, sign_ins
from services.identity.entities.user import User
from services.identity.listing import Listed, newest_first

_Scope = Annotated[str, StringConstraints(pattern=SCOPE_PATTERN)]
_METHOD = "api_key"


class NewApiKey(BaseModel):
    """What the key is for, what it may do, and for how many days."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    scopes: Annotated[list[_Scope], Constraint(min_length=1, max_length=100)]
    expires_in_days: Annotated[int, Constraint(ge=1, le=api_keys.LONGEST_DAYS)] = 90


class ApiKey(BaseModel):
    """A key without its secret; `beginning` is how it starts."""

    id: str
    name: str
    beginning: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None = None
    last_address: str | None = None


class MadeApiKey(ApiKey):
    """The key itself, which is shown here and never again."""

    api_key: str


class ApiKeys(BaseModel):
    """The newest first."""

    items: list[ApiKey]
    next_cursor: str | None


class Exchanged(BaseModel):
    """A key to be exchanged."""

    model_config = ConfigDict(extra="forbid")
    api_key: Annotated[str, StringConstraints(max_length=200)]


class ScopedToken(BaseModel):
    """The answer of RFC 6749 section 5.1; in place of a refresh token there is the key."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int = int(sessions.ACCESS_LIFETIME.total_seconds())
    scope: str


def make_my_api_key(uow: UnitOfWork, body: NewApiKey) -> MadeApiKey:
    """Make a key that acts as the caller; the answer alone has it."""
    return _made(uow, uow.caller.user_id, body)


def make_api_key(uow: UnitOfWork, user: User, body: NewApiKey) -> MadeApiKey:
    """Make a key that acts as this user; the answer alone has it."""
    return _made(uow, user.id, body)


def list_my_api_keys(uow: UnitOfWork, wish: Listed) -> dict[str, Any]:
    """The caller's keys that are good."""
    return newest_first(
        uow, api_keys.api_key, ApiKey, api_keys.in_use(uow.caller.user_id, uow.at), wish
    )


def list_api_keys(uow: UnitOfWork, user: User, wish: Listed) -> dict[str, Any]:
    """The keys of this user that are good."""
    return newest_first(uow, api_keys.api_key, ApiKey, api_keys.in_use(user.id, uow.at), wish)


def revoke_api_key(uow: UnitOfWork, key_id: str) -> None:
    """Take a key out of use, one's own or as an administrator; its tokens count no more.

    Raises Problem 404.
    """
    owner = api_keys.owner_of(uow, key_id) if is_id(key_id) else None
    if owner is None or (owner != uow.caller.user_id and not uow.caller.is_admin):
        raise not_found("There is no such key, or it is not yours.")
    if api_keys.revoke(uow, key_id):
        security_events.note(uow, "api_key_revoked", owner, api_key_id=key_id)


def exchange_api_key(uow: UnitOfWork, body: Exchanged) -> ScopedToken | Problem:
    """Exchange a key for an access token with its scopes. Problem 401 for one that is not good."""
    found = api_keys.use(uow, body.api_key)
    if found is not None:
        active = (User.id == found.user_id, User.active, User.deleted_at.is_(None))
        if uow.session.scalar(select(User.id).where(*active)) is not None:
            sign_ins.note(uow, found.user_id, _METHOD, "signed_in", found.id)
            scope = " ".join(found.scopes)
            access_token = keys.sign(uow, found.user_id, found.id, scope=scope)
            return ScopedToken(access_token=access_token, scope=scope)
        sign_ins.note(uow, found.user_id, _METHOD, "shut_out", found.id)
    return Problem(401, "invalid_api_key", "The API key is unknown, has run out or was revoked.")


def _made(uow: UnitOfWork, user_id: str, body: NewApiKey) -> MadeApiKey:
    key, row = api_keys.make(uow, user_id, body.name, body.scopes, body.expires_in_days)
    security_events.note(uow, "api_key_made", user_id, api_key_id=row["id"], scopes=row["scopes"])
    shown = {name: row[name] for name in ApiKey.model_fields if name in row}
    return MadeApiKey(api_key=key, **shown)
