"""Access tokens: one strict check that the gateway and every service's door apply alike (D10)."""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jwt

from contracts.errors import Problem, unauthenticated

ISSUER = "tandem"
AUDIENCE = "tandem"
ALGORITHM = "EdDSA"
TYPE = "at+jwt"
LEEWAY = 60
"""Seconds by which the clocks of two machines may differ."""

Jwk = Mapping[str, Any]

_TOKEN_LIMIT = 4096
_REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti"]
_SCHEME = "bearer "


class Claims(NamedTuple):
    """What a verified token says. Times are seconds since the epoch (RFC 7519 NumericDate).

    `scopes` are None in a person's token, which is not limited by any.
    """

    user_id: str
    token_id: str
    session_id: str
    issued_at: int
    expires_at: int
    scopes: frozenset[str] | None = None


class UnknownKey(Problem):
    """401: the token names a key that is not among those given; a newer set may hold it."""

    def __init__(self) -> None:
        problem = unauthenticated("The token is signed with an unknown key.")
        super().__init__(problem.status, problem.code, problem.detail, headers=problem.headers)


def bearer(authorization: str | None) -> str:
    """Read the token out of an `Authorization` header (RFC 6750); without one, Problem 401."""
    if not authorization:
        raise Problem(
            401,
            "unauthenticated",
            "Send an access token as 'Authorization: Bearer …'.",
            headers={"WWW-Authenticate": 'Bearer realm="tandem"'},
        )
    token = authorization[len(_SCHEME) :].strip()
    if authorization[: len(_SCHEME)].lower() != _SCHEME or not token:
        raise unauthenticated("The Authorization header must be 'Bearer' and an access token.")
    return token


def verify(token: str, keys: Sequence[Jwk]) -> Claims:
    """Check signature, algorithm, type, issuer, audience and times; nothing is taken on trust.

    `keys` are public Ed25519 keys (RFC 8037). Which algorithm and which key apply is never left to
    the token: its header only picks among `keys`. Raises UnknownKey, or Problem 401.
    """
    if len(token) > _TOKEN_LIMIT:
        raise unauthenticated("The token is too long.")
    try:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
            raise unauthenticated("This is not an access token of Tandem.")
        payload = jwt.decode(
            token,
            _public_key(header.get("kid"), keys),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise unauthenticated("The token has expired.") from None
    except (jwt.PyJWTError, ValueError):
        raise unauthenticated("The token does not verify.") from None
    return Claims(
        payload["sub"],
        payload["jti"],
        str(payload.get("sid") or ""),
        int(payload["iat"]),
        int(payload["exp"]),
        frozenset(str(payload["scope"]).split()) if "scope" in payload else None,
    )


def _public_key(kid: Any, keys: Sequence[Jwk]) -> Any:
    for key in keys:
        if key["kid"] == kid and key["kty"] == "OKP" and key["crv"] == "Ed25519":
            return _ed25519(key["x"])
    raise UnknownKey


@lru_cache(maxsize=64)
def _ed25519(x: str) -> Any:
    return jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "x": x}, ALGORITHM).key


class VerifiedTokens:
    """Remembers what verified, so that a client's thousand requests cost one signature check.

    Forgets everything as soon as the keys change: a retired key ends its tokens at once.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._memory: tuple[Sequence[Jwk], dict[str, Claims]] = ((), {})

    def verify(self, token: str, keys: Sequence[Jwk]) -> Claims:
        """Answer as `verify` does, from memory where possible."""
        verified_with, known = self._memory
        if keys != verified_with:
            known = {}
            self._memory = (keys, known)
        claims = known.get(token)
        if claims is None:
            claims = verify(token, keys)
            if len(known) >= self._size:
                known.clear()
            known[token] = claims
        elif claims.expires_at + LEEWAY <= time.time():
            known.pop(token, None)
            raise unauthenticated("The token has expired.")
        return claims
