"""The way to an identity provider and back: OpenID Connect, authorization code with PKCE.

OpenID Connect Core 1.0, RFC 7636 (PKCE), RFC 9207 (issuer of the answer). Nothing here touches the
database: no transaction is held open while another server thinks.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
import structlog
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from contracts.errors import Problem
from crmkit import outgoing

_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Asymmetric ones alone: a client secret is no key to believe in."""
_FRESH_SECONDS = 600.0
_LEEWAY = 60
_VERIFIER_LENGTH = 64

_log = structlog.get_logger()
_metadata: dict[str, tuple[float, Mapping[str, Any]]] = {}


@dataclass(frozen=True, slots=True)
class Client:
    """Tandem as the provider knows it; `private_hosts` are those that may be in this network."""

    issuer: str
    client_id: str
    client_secret: str | None
    scope: str
    redirect_uri: str
    private_hosts: Collection[str] = ()

    def session(self) -> OAuth2Session:
        """A connection to the provider that asks nobody else."""
        session = OAuth2Session(
            self.client_id,
            self.client_secret,
            scope=self.scope,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self.client_secret else "none",
        )
        outgoing.guard(session, self.private_hosts)
        return session


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and what must be there again when it comes back."""

    url: str
    state: str
    nonce: str
    code_verifier: str


def depart(client: Client) -> Departure:
    """Begin a sign-in at the provider. Raises Problem 502 when it cannot be understood."""
    found = _discovered(client)
    verifier, nonce, state = (generate_token(_VERIFIER_LENGTH) for _ in range(3))
    session = client.session()
    url, _ = session.create_authorization_url(
        found["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
    )
    return Departure(url, state, nonce, verifier)


def arrive(
    client: Client, code: str, nonce: str, code_verifier: str, *, said_by: str | None = None
) -> Mapping[str, Any]:
    """What the provider says of whoever brought this code: the claims of its ID token.

    `said_by` is the `iss` that came with the code, so that no code of another provider is taken to
    this one (RFC 9207 section 2.4). Raises Problem: 401 if it does not take the code or its token
    does not verify, 502 when it cannot be reached or understood.
    """
    found = _discovered(client)
    silent = said_by is None and not found.get("authorization_response_iss_parameter_supported")
    if said_by != client.issuer and not silent:
        raise _refused("The answer is not from the provider that was asked.")
    session = client.session()
    try:
        answer = session.fetch_token(
            found["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            code_verifier=code_verifier,
        )
    except OAuthError as error:
        _log.info("sign-in refused by the provider", issuer=client.issuer, error=error.error)
        raise _refused("The provider did not take the code.") from None
    except (requests.RequestException, ValueError) as error:
        raise _unreachable(client, error) from None
    claims = _verified(client, found, str(answer.get("id_token") or ""))
    if claims.get("nonce") != nonce:
        raise _refused("The provider's answer is not to this sign-in.")
    return claims


def _verified(client: Client, found: Mapping[str, Any], id_token: str) -> Mapping[str, Any]:
    """OpenID Connect Core section 3.1.3.7, the algorithm never left to the token."""
    try:
        header = jwt.get_unverified_header(id_token)
        keys = jwt.PyJWKSet.from_dict(dict(_json(client, found["jwks_uri"])))
        key = next(
            key
            for key in keys.keys
            if key.public_key_use in {None, "sig"} and header.get("kid") in {None, key.key_id}
        )
        if key.algorithm_name not in _ALGORITHMS:
            raise _refused("The provider signs in a way that does not count here.")
        claims: Mapping[str, Any] = jwt.decode(
            id_token,
            key,
            algorithms=[key.algorithm_name],
            issuer=client.issuer,
            audience=client.client_id,
            leeway=_LEEWAY,
            options={"require": ["iss", "aud", "sub", "exp", "iat"]},
        )
    except (jwt.PyJWTError, StopIteration, ValueError) as error:
        _log.warning("ID token refused", issuer=client.issuer, error=str(error))
        raise _refused("The provider's answer does not verify.") from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client.client_id) != client.client_id:
        raise _refused("The provider's answer is for somebody else.")
    return claims


def _discovered(client: Client) -> Mapping[str, Any]:
    """What the issuer says of itself (OpenID Connect Discovery 1.0 section 4), kept for minutes."""
    kept = _metadata.get(client.issuer)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    address = client.issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = _json(client, address)
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != client.issuer or not all(_is_address(found.get(n)) for n in needed):
        raise _unreachable(client, ValueError("it does not say who and where it is"))
    _metadata[client.issuer] = (time.monotonic() + _FRESH_SECONDS, found)
    return found


def _json(client: Client, address: str) -> Mapping[str, Any]:
    session = requests.Session()
    outgoing.guard(session, client.private_hosts)
    try:
        with session:
            answer = session.get(address, allow_redirects=False)
            answer.raise_for_status()
            document = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise _unreachable(client, error) from None
    if not isinstance(document, dict):
        raise _unreachable(client, ValueError("it does not answer with an object"))
    return document


def _is_address(value: object) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in {"http", "https"}


def _refused(detail: str) -> Problem:
    return Problem(401, "sign_in_refused", detail)


def _unreachable(client: Client, error: Exception) -> Problem:
    _log.warning("identity provider unreachable", issuer=client.issuer, error=str(error))
    detail = "The identity provider cannot be reached, or not be understood."
    return Problem(502, "provider_unavailable", detail)
