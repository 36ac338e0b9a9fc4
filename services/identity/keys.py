"""The keys that sign access tokens: Ed25519, the private half in this service's database alone."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import asdict
from datetime import timedelta

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Boolean, Column, DateTime, LargeBinary, Table, Text, Uuid, insert, select

from contracts.events.identity import SigningKey
from crmkit import tokens
from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity.entities import Base

ACCESS_LIFETIME = timedelta(minutes=10)

key_pair = Table(
    "signing_key_pair",
    Base.metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("kid", Text, nullable=False, unique=True),
    Column("private_key", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("retired", Boolean, nullable=False),
)


def ensure(uow: UnitOfWork) -> None:
    """Make and tell of a key if there is none yet."""
    if uow.session.scalar(select(key_pair.c.kid).where(~key_pair.c.retired).limit(1)) is not None:
        return
    private = Ed25519PrivateKey.generate()
    jwk = _public_jwk(private)
    key_id = new_id()
    uow.session.execute(
        insert(key_pair).values(
            id=key_id,
            kid=jwk["kid"],
            private_key=private.private_bytes_raw(),
            created_at=uow.at,
            retired=False,
        )
    )
    record = asdict(SigningKey(kid=jwk["kid"], jwk=jwk, retired=False))
    data = {"record": record, "changes": {}, "deleted": False}
    uow.tell("signing_key", key_id, "created", 1, data)


def sign(uow: UnitOfWork, user_id: str, session_id: str) -> str:
    """An access token for the user, signed with the newest key (RFC 9068)."""
    newest = (
        select(key_pair.c.kid, key_pair.c.private_key)
        .where(~key_pair.c.retired)
        .order_by(key_pair.c.id.desc())
        .limit(1)
    )
    kid, private_key = uow.session.execute(newest).one()
    claims = {
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
        "sub": user_id,
        "iat": uow.at,
        "exp": uow.at + ACCESS_LIFETIME,
        "jti": new_id(),
        "sid": session_id,
    }
    return jwt.encode(
        claims,
        Ed25519PrivateKey.from_private_bytes(private_key),
        algorithm=tokens.ALGORITHM,
        headers={"typ": tokens.TYPE, "kid": kid},
    )


def _public_jwk(private: Ed25519PrivateKey) -> dict[str, str]:
    """The public half as RFC 8037 has it; `kid` is its RFC 7638 thumbprint."""
    raw = private.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    required = {"crv": "Ed25519", "kty": "OKP", "x": _base64(raw)}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True).encode()
    kid = _base64(hashlib.sha256(canonical).digest())
    return {**required, "kid": kid, "alg": tokens.ALGORITHM, "use": "sig"}


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
