"""Access tokens: what passes, and every way in which one must not."""

import base64
import json
import time

import jwt
import pytest

from contracts.errors import Problem
from crmkit import tokens
from tests.unit.gateway.stub import USER, Signer

SIGNER = Signer()
KEYS = [Signer("other").jwk, SIGNER.jwk]


def refusal(token: str) -> Problem:
    with pytest.raises(Problem) as caught:
        tokens.verify(token, KEYS)
    assert caught.value.status == 401
    assert caught.value.code == "unauthenticated"
    assert caught.value.headers["WWW-Authenticate"].startswith('Bearer realm="tandem"')
    return caught.value


def unsigned(**header: str) -> str:
    parts = [{"typ": "at+jwt", "kid": SIGNER.kid, **header}, SIGNER.claims()]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*encoded, b""]).decode()


def test_a_good_token_tells_its_claims() -> None:
    token = SIGNER.token(iat=int(time.time()) - 5, exp=int(time.time()) + 595)
    claims = tokens.verify(token, KEYS)
    assert (claims.user_id, claims.token_id, claims.session_id) == (USER, "token-1", "session-1")
    assert claims.expires_at - claims.issued_at == 600


def test_an_expired_token_is_refused_once_clocks_cannot_explain_it() -> None:
    now = int(time.time())
    assert tokens.verify(SIGNER.token(exp=now - 30), KEYS).expires_at == now - 30
    assert refusal(SIGNER.token(exp=now - 61)).detail == "The token has expired."


def test_a_token_from_the_future_is_refused() -> None:
    refusal(SIGNER.token(iat=int(time.time()) + 120))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp", "jti"])
def test_every_claim_is_required(claim: str) -> None:
    refusal(SIGNER.token(**{claim: None}))


@pytest.mark.parametrize(
    "changed",
    [{"iss": "somebody"}, {"aud": "refresh"}, {"aud": ["tandem"]}, {"aud": ["tandem", "else"]}],
)
def test_issuer_and_audience_are_pinned(changed: dict[str, object]) -> None:
    refusal(SIGNER.token(**changed))


def test_other_types_of_token_are_refused() -> None:
    refusal(SIGNER.token(headers={"typ": "JWT"}))
    refusal(SIGNER.token(headers={"typ": None}))
    refusal(SIGNER.token(headers={"crit": ["exp"]}))


def test_the_algorithm_is_never_the_tokens_choice() -> None:
    refusal(unsigned(alg="none"))
    refusal(unsigned(alg="EdDSA"))
    public = SIGNER.jwk["x"] + "=" * 32
    with_public_key = jwt.encode(
        SIGNER.claims(), public, "HS256", headers={"typ": "at+jwt", "kid": SIGNER.kid}
    )
    refusal(with_public_key)


def test_a_forged_signature_is_refused() -> None:
    refusal(Signer(SIGNER.kid).token())
    head, payload, signature = SIGNER.token().split(".")
    other = SIGNER.token(sub="01900000-0000-7000-8000-000000000002").split(".")[1]
    refusal(f"{head}.{other}.{signature}")
    refusal(f"{head}.{payload}.")


@pytest.mark.parametrize("junk", ["x", "a.b.c", "....", "é.é.é", "x" * 100_000])
def test_junk_is_refused(junk: str) -> None:
    refusal(junk)


def test_a_token_of_an_unknown_key_says_so() -> None:
    for kid in ("new", "../../etc/passwd", "'; --"):
        with pytest.raises(tokens.UnknownKey) as caught:
            tokens.verify(Signer(kid).token(), KEYS)
        assert caught.value.status == 401


def test_the_header_must_hold_a_bearer_token() -> None:
    assert tokens.bearer("Bearer abc") == "abc"
    assert tokens.bearer("bearer  abc ") == "abc"
    for header in (None, "", "Bearer", "Bearer ", "Basic abc", "abc"):
        with pytest.raises(Problem) as caught:
            tokens.bearer(header)
        assert caught.value.status == 401


def test_what_verified_is_remembered_until_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = tokens.VerifiedTokens()
    token = SIGNER.token()
    claims = memory.verify(token, KEYS)
    assert memory.verify(token, KEYS) is claims
    monkeypatch.setattr(time, "time", lambda: claims.expires_at + 59)
    assert memory.verify(token, KEYS) is claims
    monkeypatch.setattr(time, "time", lambda: claims.expires_at + 60)
    with pytest.raises(Problem, match="expired"):
        memory.verify(token, KEYS)


def test_a_retired_key_ends_its_tokens_at_once() -> None:
    memory = tokens.VerifiedTokens()
    token = SIGNER.token()
    memory.verify(token, KEYS)
    with pytest.raises(tokens.UnknownKey):
        memory.verify(token, KEYS[:1])


def test_the_memory_is_bounded() -> None:
    memory = tokens.VerifiedTokens(size=2)
    first, second, third = (SIGNER.token(jti=str(number)) for number in range(3))
    claims = memory.verify(first, KEYS)
    memory.verify(second, KEYS)
    memory.verify(third, KEYS)
    again = memory.verify(first, KEYS)
    assert again == claims
    assert again is not claims
