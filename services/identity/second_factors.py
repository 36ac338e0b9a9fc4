"""The second factor: an authenticator app's codes (TOTP, RFC 6238), and codes for its loss."""

import hashlib
import hmac
import secrets
from base64 import b32encode
from typing import Any

import pyotp
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    LargeBinary,
    Table,
    Uuid,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from crmkit import sealing
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base

_STEP_SECONDS = 30
_WINDOW = (-1, 0, 1)
"""Steps by which the clock of a telephone may be off."""
_RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_ISSUER = "Tandem"

authenticator = Table(
    "authenticator",
    Base.metadata,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("seed", LargeBinary),
    Column("next_seed", LargeBinary),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("last_step", BigInteger, nullable=False, server_default="0"),
)

recovery_code = Table(
    "recovery_code",
    Base.metadata,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
)


def has_one(uow: UnitOfWork, user_id: str) -> bool:
    """Whether the user has confirmed an authenticator."""
    query = select(authenticator.c.confirmed_at).where(authenticator.c.user_id == user_id)
    return uow.session.scalar(query) is not None


def state(uow: UnitOfWork, user_id: str) -> dict[str, Any]:
    """Since when the user has one, and how many recovery codes are left."""
    query = select(authenticator.c.confirmed_at).where(authenticator.c.user_id == user_id)
    left = select(func.count()).where(recovery_code.c.user_id == user_id)
    return {
        "confirmed_at": uow.session.scalar(query),
        "recovery_codes_left": uow.session.scalar(left) or 0,
    }


def enrol(uow: UnitOfWork, user_id: str, username: str) -> tuple[str, str]:
    """A new seed, and its otpauth URI; it counts from when a code of it has been shown.

    An authenticator confirmed before goes on working until then.
    """
    seed = pyotp.random_base32()
    sealed = sealing.seal(seed, _purpose(user_id))
    new = insert(authenticator).values(user_id=user_id, next_seed=sealed)
    again = {"next_seed": sealed}
    uow.session.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=again))
    return seed, pyotp.TOTP(seed).provisioning_uri(name=username, issuer_name=_ISSUER)


def confirm(uow: UnitOfWork, user_id: str, code: str) -> bool:
    """Let the seed enrolled last count if this is a code of it."""
    row = _row(uow, user_id)
    if row is None or row.next_seed is None:
        return False
    step = _step_of(uow, row.next_seed, user_id, code, after=0)
    if step is None:
        return False
    confirmed = {
        "seed": row.next_seed,
        "next_seed": None,
        "confirmed_at": uow.at,
        "last_step": step,
    }
    mine = authenticator.c.user_id == user_id
    uow.session.execute(update(authenticator).where(mine).values(confirmed))
    return True


def fits(uow: UnitOfWork, user_id: str, code: str) -> str:
    """`totp` or `recovery_code` if this is one of the user's, which it spends; else empty."""
    row = _row(uow, user_id)
    if row is None or row.seed is None:
        return ""
    step = _step_of(uow, row.seed, user_id, code, after=row.last_step)
    if step is not None:
        mine = authenticator.c.user_id == user_id
        uow.session.execute(update(authenticator).where(mine).values(last_step=step))
        return "totp"
    its = (recovery_code.c.user_id == user_id, recovery_code.c.digest == _digest(code))
    spent = delete(recovery_code).where(*its).returning(recovery_code.c.user_id)
    return "recovery_code" if uow.session.scalar(spent) else ""


def new_recovery_codes(uow: UnitOfWork, user_id: str) -> list[str]:
    """Ten codes of 80 bits that replace all older ones; shown once, kept as SHA-256."""
    uow.session.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    codes = []
    for _ in range(_RECOVERY_CODES):
        letters = b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
        codes.append("-".join(letters[at : at + 4] for at in range(0, len(letters), 4)))
    rows = [{"user_id": user_id, "digest": _digest(code)} for code in codes]
    uow.session.execute(insert(recovery_code).values(rows))
    return codes


def remove(uow: UnitOfWork, user_id: str) -> bool:
    """Forget the user's authenticator and recovery codes; whether there was one."""
    uow.session.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    gone = delete(authenticator).where(authenticator.c.user_id == user_id)
    return uow.session.scalar(gone.returning(authenticator.c.user_id)) is not None


def _row(uow: UnitOfWork, user_id: str) -> Any:
    """Held until this transaction ends: no code counts twice."""
    query = select(authenticator).where(authenticator.c.user_id == user_id).with_for_update()
    return uow.session.execute(query).one_or_none()


def _step_of(uow: UnitOfWork, sealed: bytes, user_id: str, code: str, *, after: int) -> int | None:
    """The step that this is the code of, if it is later than `after` (RFC 6238 section 5.2)."""
    totp = pyotp.TOTP(sealing.unseal(sealed, _purpose(user_id)))
    now = int(uow.at.timestamp()) // _STEP_SECONDS
    typed = code.replace(" ", "").encode()
    found = None
    for step in (now + offset for offset in _WINDOW):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed) and step > after:
            found = step
    return found


def _digest(code: str) -> bytes:
    plain = code.lower().replace("-", "").replace(" ", "")
    return hashlib.sha256(plain.encode()).digest()


def _purpose(user_id: str) -> str:
    return f"authenticator/{user_id}"
