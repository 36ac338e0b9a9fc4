"""Which identity providers people may sign in by: set by administrators."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from pydantic_core import PydanticCustomError
from sqlalchemy import select

from contracts.errors import FieldError, invalid, not_found
from crmkit.records.store import is_id
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from services.identity import identity_providers, security_events
from services.identity.entities.role import Role
from services.identity.identity_providers import identity_provider


def _issuer(text: str) -> str:
    if not text.startswith(("https://", "http://")) or "?" in text or "#" in text:
        raise PydanticCustomError("invalid", "is the issuer's address, https://…")
    return text


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
_Issuer = Annotated[str, StringConstraints(max_length=500), AfterValidator(_issuer)]


class RoleFor(BaseModel):
    """Who has this value in the claim gets this role; `*` is whoever has none of the others."""

    model_config = ConfigDict(extra="forbid")
    value: _Text
    role_id: Annotated[str, Constraint(pattern=UUID_PATTERN)]


class ProviderPatch(BaseModel):
    """What may be changed of a provider."""

    model_config = ConfigDict(extra="forbid")
    name: _Text | None = None
    issuer: _Issuer | None = None
    client_id: _Text | None = None
    client_secret: Annotated[str, StringConstraints(max_length=1000)] | None = None
    scope: _Text | None = None
    role_claim: _Text | None = None
    roles: Annotated[list[RoleFor], Constraint(max_length=100)] | None = None
    link_by_email: bool | None = None
    create_users: bool | None = None
    active: bool | None = None


class NewProvider(ProviderPatch):
    """A provider as its own console describes this client to it."""

    key: _Key
    name: _Text
    issuer: _Issuer
    client_id: _Text
    scope: _Text = "openid email profile"
    roles: Annotated[list[RoleFor], Constraint(max_length=100)] = []
    link_by_email: bool = True
    create_users: bool = False
    active: bool = True


class Provider(BaseModel):
    """A provider; its client secret is never shown."""

    id: str
    key: str
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    scope: str
    role_claim: str | None
    roles: list[RoleFor]
    link_by_email: bool
    create_users: bool
    active: bool
    created_at: datetime


class Providers(BaseModel):
    """All of them."""

    items: list[Provider]


def list_providers(uow: UnitOfWork) -> Providers:
    """The identity providers, active or not."""
    rows = uow.session.execute(select(identity_provider).order_by(identity_provider.c.name)).all()
    return Providers(items=[_shown(row) for row in rows])


def add_provider(uow: UnitOfWork, body: NewProvider) -> Provider:
    """Let people sign in by another provider. Raises Problem 422."""
    taken = select(identity_provider.c.id).where(identity_provider.c.key == body.key)
    errors = _dangling(uow, body.roles)
    if uow.session.scalar(taken) is not None:
        errors.append(FieldError("/key", "not_unique", "is another provider's already"))
    if errors:
        raise invalid(errors)
    row = identity_providers.add(uow, body.model_dump())
    security_events.note(uow, "identity_provider_changed", None, provider=row.key)
    return _shown(row)


def change_provider(uow: UnitOfWork, provider_id: str, body: ProviderPatch) -> Provider:
    """Change a provider; what is not sent stays. Raises Problem 404, 422."""
    sent = body.model_dump(include=body.model_fields_set)
    empty = [name for name, value in sent.items() if value is None and name not in _MAY_BE_EMPTY]
    errors = [FieldError(f"/{name}", "required", "cannot be empty") for name in empty]
    errors += _dangling(uow, body.roles or [])
    if errors:
        raise invalid(errors)
    row = identity_providers.change(uow, provider_id, sent) if is_id(provider_id) else None
    if row is None:
        raise not_found("There is no such identity provider.")
    security_events.note(uow, "identity_provider_changed", None, provider=row.key)
    return _shown(row)


def remove_provider(uow: UnitOfWork, provider_id: str) -> None:
    """Let nobody sign in by it any more; who came by it stays a user. Raises Problem 404."""
    if not is_id(provider_id) or not identity_providers.remove(uow, provider_id):
        raise not_found("There is no such identity provider.")
    security_events.note(uow, "identity_provider_changed", None, removed=provider_id)


_MAY_BE_EMPTY = frozenset({"client_secret", "role_claim"})


def _shown(row: Any) -> Provider:
    values = {name: getattr(row, name) for name in Provider.model_fields if name != "has_secret"}
    return Provider(has_secret=row.client_secret is not None, **values)


def _dangling(uow: UnitOfWork, roles: list[RoleFor]) -> list[FieldError]:
    there = select(Role.id).where(
        Role.id.in_([role.role_id for role in roles]), Role.deleted_at.is_(None)
    )
    live = set(uow.session.scalars(there))
    return [
        FieldError(f"/roles/{at}/role_id", "dangling_link", "there is no such role")
        for at, role in enumerate(roles)
        if role.role_id.lower() not in live
    ]
