"""The keys that sign access tokens: Ed25519, the private half sealed in this service's database.

Two may be live at once, so that no request fails while they change: the next one is published,
signs when every service and cache may know it, and the old one goes when its tokens have run out.
"""

import hashlib
import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    LargeBinary,
    Table,
    Text,
    Uuid,
    exists,
    func,
    insert,
    select,
    update,
)

from contracts.caller import system_caller
from contracts.events.identity import SigningKey
from crmkit import sealing, tokens
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork, new_id
from services.identity import projections
from services.identity.entities import Base
from services.identity.sessions import ACCESS_LIFETIME

PUBLISHED_FOR = timedelta(minutes=10)
"""Before a key signs: twice as long as the gateway keeps keys without looking again."""
OVERLAP = ACCESS_LIFETIME + timedelta(seconds=tokens.LEEWAY) + timedelta(minutes=1)
"""How long a key counts after it has signed its last token."""
REPLACED_AFTER = timedelta(days=30)
_LOCK = 0x726F74617465  # "rotate"
_RAW_BYTES = 32

key_pair = Table(
    "signing_key_pair",
    Base.metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("kid", Text, nullable=False, unique=True),
    Column("private_key", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("signs_from", DateTime(timezone=True), nullable=False),
    Column("retired", Boolean, nullable=False),
)


def ensure(uow: UnitOfWork) -> None:
    """Make and tell of a key if there is none yet."""
    if uow.session.scalar(select(key_pair.c.kid).where(~key_pair.c.retired).limit(1)) is None:
        _publish(uow, signs_from=uow.at)


def rotate(uow: UnitOfWork) -> None:
    """Publish the next key; it signs from when everybody may know it, and then the old one goes.

    Does nothing while one that is published does not sign yet.
    """
    uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    waiting = exists().where(~key_pair.c.retired, key_pair.c.signs_from > uow.at)
    if not uow.session.scalar(select(waiting)):
        _publish(uow, signs_from=uow.at + PUBLISHED_FOR)


def tend(database: Database, _: Settings) -> None:
    """Begin with the next key when the newest is old, and retire those whose tokens have run out.

    Several copies may do it at once: they take turns.
    """
    with journal.unit_of_work(database, system_caller(), {}) as uow:
        uow.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        newest = uow.session.scalar(select(func.max(key_pair.c.signs_from)))
        if newest is not None and newest < uow.at - REPLACED_AFTER:
            rotate(uow)
        newer = key_pair.alias()
        superseded = exists().where(
            newer.c.signs_from > key_pair.c.signs_from, newer.c.signs_from < uow.at - OVERLAP
        )
        over = update(key_pair).where(~key_pair.c.retired, superseded)
        gone = over.values(retired=True, private_key=b"").returning(key_pair.c.id, key_pair.c.kid)
        for row in uow.session.execute(gone).all():
            _tell(uow, row.id, row.kid, {}, fact="retired", version=2)
        projections.hear_at_once(uow)


def of_now(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The keys that count, the newest first, and which of them signs."""
    query = select(key_pair).where(~key_pair.c.retired).order_by(key_pair.c.signs_from.desc())
    signing = _signing(uow).kid
    return [
        {
            "kid": row.kid,
            "created_at": row.created_at,
            "signs_from": row.signs_from,
            "signing": row.kid == signing,
        }
        for row in uow.session.execute(query)
    ]


def sign(uow: UnitOfWork, user_id: str, session_id: str, *, scope: str = "") -> str:
    """An access token for the user, signed with the newest key (RFC 9068).

    Without a `scope` it may do whatever the user may.
    """
    key = _signing(uow)
    claims: dict[str, Any] = {
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
        "sub": user_id,
        "iat": uow.at,
        "exp": uow.at + ACCESS_LIFETIME,
        "jti": new_id(),
        "sid": session_id,
    }
    if scope:
        claims["scope"] = scope
    return jwt.encode(
        claims,
        _private(key),
        algorithm=tokens.ALGORITHM,
        headers={"typ": tokens.TYPE, "kid": key.kid},
    )


def _signing(uow: UnitOfWork) -> Any:
    """The newest of the keys that everybody may know by now."""
    known = (~key_pair.c.retired, key_pair.c.signs_from <= uow.at)
    query = select(key_pair).where(*known).order_by(key_pair.c.signs_from.desc()).limit(1)
    return uow.session.execute(query).one()


def _publish(uow: UnitOfWork, *, signs_from: datetime) -> None:
    private = Ed25519PrivateKey.generate()
    jwk = _public_jwk(private)
    key_id = new_id()
    secret = b64encode(private.private_bytes_raw()).decode()
    uow.session.execute(
        insert(key_pair).values(
            id=key_id,
            kid=jwk["kid"],
            private_key=sealing.seal(secret, _purpose(jwk["kid"])),
            created_at=uow.at,
            signs_from=signs_from,
            retired=False,
        )
    )
    _tell(uow, key_id, jwk["kid"], jwk, fact="created", version=1)


def _tell(
    uow: UnitOfWork, key_id: str, kid: str, jwk: Mapping[str, str], *, fact: str, version: int
) -> None:
    record = asdict(SigningKey(kid=kid, jwk=jwk, retired=fact == "retired"))
    uow.tell(
        "signing_key", key_id, fact, version, {"record": record, "changes": {}, "deleted": False}
    )


def _private(key: Any) -> Ed25519PrivateKey:
    """Keys of before they were sealed are as they were, until the next rotation."""
    raw = key.private_key
    if len(raw) != _RAW_BYTES:
        raw = b64decode(sealing.unseal(raw, _purpose(key.kid)))
    return Ed25519PrivateKey.from_private_bytes(raw)


def _purpose(kid: str) -> str:
    return f"signing_key/{kid}"


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
