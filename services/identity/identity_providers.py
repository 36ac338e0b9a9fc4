"""Providers of identity (OpenID Connect) whose word on who somebody is counts here."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from crmkit import sealing
from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity.entities import Base

identity_provider = Table(
    "identity_provider",
    Base.metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_secret", LargeBinary),
    Column("scope", Text, nullable=False),
    Column("role_claim", Text),
    Column("roles", JSONB, nullable=False),
    Column("link_by_email", Boolean, nullable=False),
    Column("create_users", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

sso_identity = Table(
    "sso_identity",
    Base.metadata,
    Column(
        "provider_id",
        Uuid(as_uuid=False),
        ForeignKey("identity_provider.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("subject", Text, primary_key=True),
    Column("user_id", Uuid(as_uuid=False), nullable=False, index=True),
)


def add(uow: UnitOfWork, values: dict[str, Any]) -> Any:
    """A new provider; `client_secret` is sealed on the way. Its row."""
    row = {"id": new_id(), "created_at": uow.at, **values}
    row["client_secret"] = _sealed(row["id"], values.get("client_secret"))
    return uow.session.execute(
        insert(identity_provider).values(row).returning(identity_provider)
    ).one()


def change(uow: UnitOfWork, provider_id: str, values: dict[str, Any]) -> Any:
    """The changed row; None if there is no such provider."""
    row = dict(values)
    if "client_secret" in row:
        row["client_secret"] = _sealed(provider_id, row["client_secret"])
    mine = identity_provider.c.id == provider_id
    if not row:
        return uow.session.execute(select(identity_provider).where(mine)).one_or_none()
    query = update(identity_provider).where(mine).values(row).returning(identity_provider)
    return uow.session.execute(query).one_or_none()


def remove(uow: UnitOfWork, provider_id: str) -> bool:
    """Whether there was one to remove; who came by it stays a user."""
    gone = delete(identity_provider).where(identity_provider.c.id == provider_id)
    return uow.session.scalar(gone.returning(identity_provider.c.id)) is not None


def secret_of(row: Any) -> str | None:
    """The client secret in the clear. Raises sealing.Unreadable."""
    if row.client_secret is None:
        return None
    return sealing.unseal(row.client_secret, _purpose(row.id))


def _sealed(provider_id: str, secret: str | None) -> bytes | None:
    return None if secret is None else sealing.seal(secret, _purpose(provider_id))


def _purpose(provider_id: str) -> str:
    return f"identity_provider/{provider_id}"
