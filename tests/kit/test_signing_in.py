"""Tokens at a service's own door: it trusts no gateway, and asks nobody."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crmkit.unit_of_work import new_id
from tests.eventually import eventually
from tests.service.served import ASIDE, BEN, CLARA, OFFICE, Api, event, person, record


def test_a_good_token_opens(ben):
    assert ben.ask("GET", "/widgets").status_code == 200


def test_without_one_nothing_is_answered(workshop):
    answer = workshop.as_(None).ask("GET", "/widgets")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tandem"'
    for method, path in (("POST", "/widgets"), ("GET", "/search?q=a"), ("GET", "/parked-events")):
        workshop.as_(None)(method, path, {} if method == "POST" else None, status=401)


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "x", "Bearer a b"])
def test_another_kind_of_header_is_refused(workshop, header):
    workshop.as_(None)("GET", "/widgets", status=401, Authorization=header)


def now():
    return int(time.time())


BAD = {
    "expired": {"exp": 1_700_000_000},
    "expired a little more than clocks differ": {"exp": now() - 120},
    "of the future": {"iat": now() + 3600},
    "not yet valid": {"nbf": now() + 3600},
    "without an end": {"exp": None},
    "for others": {"aud": "somebody"},
    "for others too": {"aud": ["tandem", "somebody"]},
    "from others": {"iss": "somebody"},
    "of nobody": {"sub": None},
    "without an id": {"jti": None},
    "of another type": {"header": {"typ": "JWT"}},
    "without a type": {"header": {"typ": None}},
    "of an unknown key": {"header": {"kid": "unknown"}},
    "forged": {"key": Ed25519PrivateKey.generate()},
    "signed with what is public": {"key": "x" * 32, "algorithm": "HS256"},
    "too long": {"padding": "x" * 4096},
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_token_is_refused(workshop, fault):
    api = Api(workshop.url, workshop.token(BEN, **BAD[fault]))
    answer = api.ask("GET", "/widgets")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tandem", error="invalid_token"'


def test_an_unsigned_token_is_refused(workshop):
    claims = {"iss": "tandem", "aud": "tandem", "sub": BEN, "iat": now(), "exp": now() + 600}
    header = {"typ": "at+jwt", "kid": "test"}
    token = jwt.encode(claims | {"jti": "1"}, None, "none", headers=header)
    Api(workshop.url, token)("GET", "/widgets", status=401)


def test_a_changed_token_is_refused(workshop):
    head, body, signature = workshop.token(BEN).split(".")
    other = workshop.token(CLARA).split(".")[1]
    for parts in ((head, other, signature), (head, body, signature[::-1]), (head, body, "")):
        Api(workshop.url, ".".join(parts))("GET", "/widgets", status=401)


def test_a_token_that_was_good_ends_with_its_time(workshop):
    """It is remembered as verified, which must not make it immortal."""
    token = workshop.token(BEN, exp=now() - 57)
    api = Api(workshop.url, token)
    api("GET", "/widgets")
    eventually(lambda: api.ask("GET", "/widgets").status_code, 401, within=20)


def test_somebody_this_service_has_not_heard_of_is_asked_to_wait(workshop):
    stranger = workshop.as_(str(uuid.uuid4()))
    answer = stranger.ask("GET", "/widgets")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_the_deactivated_are_out_within_a_second_and_may_come_back(workshop):
    dora = new_id()
    workshop.hear("people", person(dora, 1))
    api = workshop.as_(dora)
    api("GET", "/widgets")
    workshop.hear("people", person(dora, 3, active=False))
    workshop.hear("people", person(dora, 2))
    eventually(lambda: api.ask("GET", "/widgets").status_code, 401, within=5)
    assert api("GET", "/widgets", status=401)["detail"] == "This user has been deactivated."
    workshop.hear("people", person(dora, 4))
    eventually(lambda: api.ask("GET", "/widgets").status_code, 200, within=5)


def test_rights_follow_a_move_in_the_role_tree(workshop, widget):
    emil = new_id()
    workshop.hear("people", person(emil, 1))
    api, path = workshop.as_(emil), f"/widgets/{widget['id']}"
    api("GET", path, status=404)
    workshop.hear("people", person(emil, 2, role_id=OFFICE))
    eventually(lambda: api.ask("GET", path).status_code, 200, within=5)
    workshop.hear("people", person(emil, 3, role_id=ASIDE))
    eventually(lambda: api.ask("GET", path).status_code, 404, within=5)


def test_a_new_key_signs_at_once_and_a_retired_one_no_more(workshop, ben):
    key = Ed25519PrivateKey.generate()
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "second"}
    subject = new_id()

    def tell(version, *, retired):
        kind = "crm.identity.signing_key.changed.v1"
        fact = record(kind, subject, version, kid="second", jwk=jwk, retired=retired)
        assert workshop.hear("people", fact) == ["applied"]

    tell(1, retired=False)
    api = Api(workshop.url, workshop.token(BEN, key=key, header={"kid": "second"}))
    api("GET", "/widgets")
    keys = workshop.as_(None)("GET", "/jwks")["keys"]
    assert {held["kid"] for held in keys} >= {"test", "second"}
    assert all("d" not in held for held in keys)
    tell(2, retired=True)
    eventually(lambda: api.ask("GET", "/widgets").status_code, 401, within=10)
    kids = {held["kid"] for held in workshop.as_(None)("GET", "/jwks")["keys"]}
    assert "second" not in kids
    ben("GET", "/widgets")


def test_a_token_of_an_ended_session_is_refused_within_a_second(workshop):
    session_id = new_id()
    api = Api(workshop.url, workshop.token(BEN, sid=session_id))
    api("GET", "/widgets")
    until = datetime.now(UTC) + timedelta(minutes=11)
    told = event("crm.identity.session.ended.v1", session_id, user_id=BEN, until=until.isoformat())
    assert workshop.hear("people", told) == ["applied"]
    eventually(lambda: api.ask("GET", "/widgets").status_code, 401, within=1)
    assert api("GET", "/widgets", status=401)["detail"] == "This session has ended."
    workshop.as_(BEN)("GET", "/widgets")
