"""The second factor: enrolled, asked for, spent once, required, lost."""

import time
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from tests.service.identity.conftest import PASSWORD


class Person:
    """A user with an authenticator in hand, whose clock runs one step ahead with each code."""

    def __init__(self, identity, user):
        self.identity = identity
        self.user = user
        self.seed = None
        self.recovery_codes = []
        self.token = self.sign_in().json()["access_token"]

    def sign_in(self):
        return self.identity.sign_in(self.user["username"], PASSWORD)

    def me(self, method, path, body=None):
        return self.at_home(method, f"/me/second-factor{path}", body, token=self.token)

    def at_home(self, *asked, **options):
        home = self.identity.home(self.user["username"])
        return self.identity.call(*asked, **options, **{"X-Forwarded-For": home})

    def code(self, ahead=0):
        return pyotp.TOTP(self.seed).at(int(time.time()), counter_offset=ahead)

    def enrol(self):
        begun = self.me("POST", "/enrol", {"password": PASSWORD}).json()
        self.seed = begun["secret"]
        confirmed = self.me("POST", "/confirm", {"code": self.code()})
        assert confirmed.status_code == 200, confirmed.text
        self.recovery_codes = confirmed.json()["recovery_codes"]
        return begun

    def challenge(self, code="second_factor_required"):
        refused = self.sign_in()
        assert (refused.status_code, refused.json()["code"]) == (401, code)
        return refused.json()["challenge"]

    def meet(self, challenge, code):
        body = {"challenge": challenge, "code": code}
        return self.at_home("POST", "/auth/second-factor", body)


@pytest.fixture
def person(identity, make_user):
    return Person(identity, make_user())


def outcome(answer):
    return answer.status_code, answer.json().get("code")


def test_an_authenticator_counts_once_a_code_of_it_is_confirmed(identity, person):
    uri = urlsplit(person.enrol()["otpauth_uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert parse_qs(uri.query) == {"secret": [person.seed], "issuer": ["Tandem"]}
    assert len(set(person.recovery_codes)) == 10
    state = person.me("GET", "").json()
    assert state["confirmed_at"]
    assert (state["recovery_codes_left"], state["required"]) == (10, False)
    challenge = person.challenge()
    assert outcome(person.meet(challenge, "000000")) == (401, "wrong_code")
    signed_in = person.meet(challenge, person.code(1))
    assert set(signed_in.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
    tried = identity.call("GET", "/me/sign-ins", token=person.token).json()["items"]
    assert [(i["outcome"], i["method"]) for i in tried[:3]] == [
        ("signed_in", "password+totp"),
        ("wrong_code", "second_factor"),
        ("second_factor_wanted", "password"),
    ]


def test_neither_a_code_nor_a_challenge_nor_a_recovery_code_is_good_twice(person):
    person.enrol()
    assert outcome(person.meet(person.challenge(), person.code())) == (401, "wrong_code")
    challenge = person.challenge()
    recovery_code = person.recovery_codes[3].upper().replace("-", " ")
    assert person.meet(challenge, recovery_code).status_code == 200
    assert outcome(person.meet(challenge, person.code(1))) == (401, "invalid_challenge")
    assert outcome(person.meet(person.challenge(), recovery_code)) == (401, "wrong_code")
    assert person.me("GET", "").json()["recovery_codes_left"] == 9


def test_codes_cannot_be_guessed(person):
    person.enrol()
    challenge = person.challenge()
    met = [person.meet(challenge, f"{n:06}").status_code for n in range(7)]
    assert met == [401] * 5 + [429] * 2
    assert person.meet(challenge, person.code(1)).headers["Retry-After"] == "1"


def test_without_the_password_an_open_session_enrols_nothing(person):
    refused = person.me("POST", "/enrol", {"password": "wrong"})
    assert refused.json()["errors"][0]["code"] == "wrong_password"
    person.me("POST", "/enrol", {"password": PASSWORD})
    refused = person.me("POST", "/confirm", {"code": "000000"})
    assert refused.json()["errors"][0]["pointer"] == "/code"
    assert person.sign_in().status_code == 200


def test_a_seed_and_codes_are_nowhere_in_the_clear(identity, person):
    person.enrol()
    for table in ("authenticator", "recovery_code", "outbox", "history"):
        rows = identity.sql(f"SELECT row_to_json(t)::text FROM {table} t")
        assert rows, table
        assert not [row for (row,) in rows if person.seed in row or person.recovery_codes[0] in row]
    told = identity.sql("SELECT convert_from(body, 'UTF8') FROM outbox")
    assert not [body for (body,) in told if person.seed in body or "otpauth" in body]
    sealed = identity.sql("SELECT seed FROM authenticator WHERE user_id = %s", person.user["id"])
    assert person.seed.encode() not in bytes(sealed[0][0])


@contextmanager
def setting(admin, value):
    """While the organisation asks this of its people."""
    (organisation,) = admin("GET", "/organisations").json()["items"]
    path = f"/organisations/{organisation['id']}"
    assert admin("PATCH", path, {"second_factor_for": value}).status_code == 200
    try:
        yield
    finally:
        admin("PATCH", path, {"second_factor_for": "nobody"})


def test_who_must_have_one_enrols_on_the_way_in(identity, admin, person, make_user):
    other = Person(identity, make_user())
    admin("PATCH", f"/users/{other.user['id']}", {"second_factor_required": True})
    with setting(admin, "administrators"):
        assert person.sign_in().status_code == 200
    with setting(admin, "everybody"):
        challenge = person.challenge("enrolment_required")
        begun = identity.call("POST", "/auth/second-factor/enrol", {"challenge": challenge}).json()
        person.seed = begun["secret"]
        assert outcome(person.meet(challenge, "000000")) == (401, "wrong_code")
        assert person.meet(challenge, person.code()).status_code == 200
        removed = person.me("POST", "/remove", {"code": person.code(1)})
        assert outcome(removed) == (409, "second_factor_required")
    challenge = person.challenge()
    refused = identity.call("POST", "/auth/second-factor/enrol", {"challenge": challenge})
    assert outcome(refused) == (409, "second_factor_exists")
    assert other.me("GET", "").json()["required"]
    assert person.me("POST", "/remove", {"code": person.code(1)}).status_code == 204
    assert person.sign_in().status_code == 200


def test_an_administrator_takes_a_lost_one_away(identity, admin, person, make_user):
    person.enrol()
    path = f"/users/{person.user['id']}/second-factor"
    stranger = identity.sign_in(make_user()["username"], PASSWORD).json()["access_token"]
    assert identity.call("DELETE", path, token=stranger).status_code == 403
    challenge = person.challenge()
    assert admin("DELETE", path).status_code == 204
    assert outcome(person.meet(challenge, person.code(1))) == (401, "invalid_challenge")
    assert person.sign_in().status_code == 200


def test_recovery_codes_are_renewed_with_a_code(person):
    person.enrol()
    old = person.recovery_codes[0]
    renewed = person.me("POST", "/recovery-codes", {"code": person.code(1)}).json()
    assert outcome(person.meet(person.challenge(), old)) == (401, "wrong_code")
    assert person.meet(person.challenge(), renewed["recovery_codes"][0]).status_code == 200


def test_a_new_password_ends_what_the_old_one_had_opened(admin, person):
    person.enrol()
    challenge = person.challenge()
    body = {"password": "another good password"}
    assert admin("POST", f"/users/{person.user['id']}/password", body).status_code == 204
    assert outcome(person.meet(challenge, person.code(1))) == (401, "invalid_challenge")
