"""Signing in by an identity provider: off to it, and back with what it says."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.errors import Problem, not_found
from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.identity import (
    identity_providers,
    security_events,
    sign_ins,
    signing_in,
    single_sign_on,
    sso_attempts,
)
from services.identity.entities.role import Role
from services.identity.entities.user import USER, User
from services.identity.identity_providers import identity_provider, sso_identity
from services.identity.settings_of_now import settings
from services.identity.signing_in import Tokens

CALLBACK = "/sso/callback"
_Token = Annotated[str, StringConstraints(max_length=4096)]


class Offered(BaseModel):
    """A provider that one may sign in by."""

    key: str
    name: str


class Offers(BaseModel):
    """All of them."""

    items: list[Offered]


class SignInBy(BaseModel):
    """By which provider."""

    model_config = ConfigDict(extra="forbid")
    provider: Annotated[str, StringConstraints(max_length=60)]


class Departed(BaseModel):
    """Where to send the browser. `attempt` is kept by the client and never part of an address."""

    authorization_url: str
    attempt: str


class Returned(BaseModel):
    """What the provider sent the browser back with, and the attempt that began it.

    `iss` is only there if the provider sends it.
    """

    model_config = ConfigDict(extra="forbid")
    state: _Token
    code: _Token
    attempt: _Token
    iss: _Token | None = None


def offered_providers(uow: UnitOfWork) -> Offers:
    """The identity providers that one may sign in by."""
    query = select(identity_provider.c.key, identity_provider.c.name).where(
        identity_provider.c.active
    )
    rows = uow.session.execute(query.order_by(identity_provider.c.name)).all()
    return Offers(items=[Offered(key=row.key, name=row.name) for row in rows])


def begin_sso(uow: UnitOfWork, body: SignInBy) -> Departed:
    """Begin to sign in by an identity provider. Raises Problem 404, 502."""
    provider = _active(uow, identity_provider.c.key == body.provider)
    departure = single_sign_on.depart(_client(provider))
    attempt = sso_attempts.begin(uow, provider.id, departure)
    return Departed(authorization_url=departure.url, attempt=attempt)


def complete_sso(uow: UnitOfWork, body: Returned) -> Tokens | Problem:
    """Open a session for whoever the provider says it is.

    Problem 401 for an answer that is not to this attempt, does not verify, or names nobody here;
    502 when the provider cannot be reached.
    """
    attempt = sso_attempts.take(uow, body.state, body.attempt)
    if attempt is None:
        return Problem(401, "invalid_attempt", "This sign-in was not begun here: begin again.")
    provider = _active(uow, identity_provider.c.id == attempt.provider_id)
    method = f"sso:{provider.key}"
    claims = single_sign_on.arrive(
        _client(provider), body.code, attempt.nonce, attempt.code_verifier, said_by=body.iss
    )
    user = _user_of(uow, provider, claims)
    if user is None or not user.active or user.deleted_at is not None:
        sign_ins.note(uow, None if user is None else user.id, method, "shut_out")
        return Problem(401, "no_such_user", "Nobody here is known by that sign-in.")
    _give_role(uow, provider, user, claims)
    return signing_in.begin(uow, user.id, method)


def _active(uow: UnitOfWork, which: Any) -> Any:
    """The provider; read apart, so that nothing is held while it is asked. Raises Problem 404."""
    with Session(uow.session.get_bind()) as apart:
        query = select(identity_provider).where(which, identity_provider.c.active)
        found = apart.execute(query).one_or_none()
    if found is None:
        raise not_found("There is no such identity provider.")
    return found


def _client(provider: Any) -> single_sign_on.Client:
    now = settings()
    return single_sign_on.Client(
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=identity_providers.secret_of(provider),
        scope=provider.scope,
        redirect_uri=now.public_url + CALLBACK,
        private_hosts=now.private_hosts,
    )


def _user_of(uow: UnitOfWork, provider: Any, claims: Mapping[str, Any]) -> User | None:
    """By the provider's subject; failing that by verified e-mail; failing that somebody new."""
    subject = str(claims["sub"])
    known = select(sso_identity.c.user_id).where(
        sso_identity.c.provider_id == provider.id, sso_identity.c.subject == subject
    )
    user_id = uow.session.scalar(known)
    if user_id is not None:
        return uow.session.get(User, user_id)
    email = str(claims.get("email") or "").lower()
    if not email or claims.get("email_verified") is not True:
        return None
    user = _linked_by(uow, email) if provider.link_by_email else None
    if user is None and provider.create_users and not _is_taken(uow, email):
        user = _created(uow, provider, claims, email)
    if user is not None:
        link = {"provider_id": provider.id, "subject": subject, "user_id": user.id}
        uow.session.execute(sso_identity.insert().values(link))
        security_events.note(uow, "sso_linked", user.id, provider=provider.key)
    return user


def _linked_by(uow: UnitOfWork, email: str) -> User | None:
    """The one user with this address; two with the same are nobody."""
    query = select(User).where(func.lower(User.email) == email, User.deleted_at.is_(None))
    found = uow.session.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def _is_taken(uow: UnitOfWork, email: str) -> bool:
    taken = (func.lower(User.email) == email) | (User.username == email)
    return uow.session.scalar(select(User.id).where(taken).limit(1)) is not None


def _created(uow: UnitOfWork, provider: Any, claims: Mapping[str, Any], email: str) -> User | None:
    """A new user, if the provider's word gives them a role."""
    role_id = _role_of(uow, provider, claims)
    if role_id is None:
        return None
    last_name = claims.get("family_name") or claims.get("name") or email.partition("@")[0]
    values = {
        "username": email,
        "first_name": str(claims.get("given_name") or "")[:100] or None,
        "last_name": str(last_name)[:100],
        "email": email,
        "role_id": role_id,
    }
    user: User = store.insert(uow, USER, values, source="SSO")
    return user


def _give_role(uow: UnitOfWork, provider: Any, user: User, claims: Mapping[str, Any]) -> None:
    role_id = _role_of(uow, provider, claims) if provider.role_claim else None
    if role_id is not None and role_id != user.role_id:
        store.update(uow, USER, user, {"role_id": role_id})


def _role_of(uow: UnitOfWork, provider: Any, claims: Mapping[str, Any]) -> str | None:
    """The role of the first of the provider's mappings that the claim has; `*` is in each."""
    said = claims.get(provider.role_claim) if provider.role_claim else None
    words = [str(word) for word in said] if isinstance(said, list) else [str(said)]
    mapped = [entry["role_id"] for entry in provider.roles if entry["value"] in {*words, "*"}]
    there = select(Role.id).where(Role.id.in_(mapped), Role.deleted_at.is_(None))
    live = set(uow.session.scalars(there))
    return next((role_id for role_id in mapped if role_id in live), None)
