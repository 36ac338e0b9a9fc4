"""Links that set a password: for the invited and the forgetful, once, and nobody learns more."""

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import pytest

from crmkit import sealing
from crmkit.config import Settings
from tests.service.identity.conftest import PASSWORD

OTHER = "another good password"


class Links:
    """What identity has told messaging to mail."""

    def __init__(self, identity):
        self._identity = identity
        sealing.use_keys(Settings.from_env({"TANDEM_VAR": str(identity.var)}))

    def of(self, user):
        """The events about this user's links, the newest last."""
        found = self._identity.sql(
            "SELECT convert_from(body, 'UTF8') FROM outbox WHERE type LIKE %s ORDER BY seq",
            "%password_link.issued%",
        )
        events = [json.loads(body) for (body,) in found]
        return [event for event in events if event["data"]["user_id"] == user["id"]]

    def secret(self, event):
        sealed = b64decode(event["data"]["sealed"])
        return sealing.unseal(sealed, f"password_link/{event['subject']}")

    def newest(self, user):
        return self.secret(self.of(user)[-1])

    def forget(self, typed):
        home = {"X-Forwarded-For": self._identity.home(typed)}
        return self._identity.call("POST", "/auth/forgotten-password", {"username": typed}, **home)

    def use(self, secret, password=OTHER):
        body = {"token": secret, "password": password}
        return self._identity.call("POST", "/auth/password", body)


@pytest.fixture
def links(identity):
    return Links(identity)


@pytest.fixture
def user(make_user):
    made = make_user()
    made["email"] = f"{made['username']}@example.com"
    return made


@pytest.fixture
def reachable(admin, user):
    assert admin("PATCH", f"/users/{user['id']}", {"email": user["email"]}).status_code == 200
    return user


def gone(answer):
    return (answer.status_code, answer.json().get("code")) == (401, "invalid_link")


def test_the_answer_is_the_same_whoever_it_is(links, reachable, make_user):
    nowhere = make_user()["username"]
    answers = [links.forget(t) for t in (reachable["username"], reachable["email"], nowhere, "no")]
    assert [(a.status_code, a.content) for a in answers] == [(204, b"")] * 4
    told = links.of(reachable)
    assert [event["data"]["reason"] for event in told] == ["forgotten"] * 2
    assert {event["data"]["email"] for event in told} == {reachable["email"]}


def test_a_link_sets_the_password_once_and_ends_all_sessions(identity, links, reachable):
    before = identity.sign_in(reachable["username"], PASSWORD).json()
    links.forget(reachable["username"])
    secret = links.newest(reachable)
    weak = links.use(secret, "letmein")
    assert [e["code"] for e in weak.json()["errors"]] == ["too_short", "too_common"]
    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(links.use, [secret] * 4))
    assert sorted(answer.status_code for answer in answers) == [204, 401, 401, 401]
    assert identity.refresh(before["refresh_token"]).status_code == 401
    assert identity.sign_in(reachable["username"], PASSWORD).status_code == 401
    assert identity.sign_in(reachable["username"], OTHER).status_code == 200


def test_a_newer_link_and_a_new_password_end_older_links(admin, links, reachable):
    links.forget(reachable["username"])
    first = links.newest(reachable)
    links.forget(reachable["username"])
    assert gone(links.use(first))
    second = links.newest(reachable)
    admin("POST", f"/users/{reachable['id']}/password", {"password": PASSWORD})
    assert gone(links.use(second))


def test_a_link_runs_out(identity, admin, links, reachable):
    assert admin("POST", f"/users/{reachable['id']}/invite").status_code == 204
    links_of = "FROM password_link WHERE user_id = %s"
    ((hours,),) = identity.sql(
        f"SELECT round(extract(epoch FROM expires_at - now()) / 3600) {links_of}", reachable["id"]
    )
    assert hours == 24
    identity.sql("UPDATE password_link SET expires_at = now()")
    assert gone(links.use(links.newest(reachable)))
    assert gone(links.use("never-issued"))


def test_the_invited_has_no_password_but_the_one_they_set(identity, admin, links, make_user):
    name = "invited@example.com"
    user = make_user(password=None, username=name, email=name)
    refused = identity.sign_in(name, OTHER)
    assert refused.status_code == 401
    assert admin("POST", f"/users/{user['id']}/invite").status_code == 204
    assert links.of(user)[-1]["data"]["reason"] == "invited"
    assert links.use(links.newest(user)).status_code == 204
    assert identity.sign_in(name, OTHER).status_code == 200


def test_who_cannot_be_mailed_or_has_left_is_not_invited(identity, admin, links, user):
    path = f"/users/{user['id']}"
    assert admin("POST", f"{path}/invite").json()["code"] == "no_email_address"
    admin("PATCH", path, {"email": user["email"]})
    token = identity.sign_in(user["username"], PASSWORD).json()["access_token"]
    assert identity.call("POST", f"{path}/invite", token=token).status_code == 403
    links.forget(user["username"])
    admin("PATCH", path, {"active": False})
    assert gone(links.use(links.newest(user)))
    assert admin("POST", f"{path}/invite").json()["code"] == "inactive"
    links.forget(user["username"])
    assert len(links.of(user)) == 1


def test_nobodys_mailbox_is_flooded(links, reachable):
    met = [links.forget(reachable["username"]).status_code for _ in range(8)]
    assert met == [204] * 5 + [429] * 3
    assert len(links.of(reachable)) == 5


def test_the_secret_is_nowhere_in_the_clear(identity, links, reachable):
    links.forget(reachable["username"])
    secret = links.newest(reachable)
    tables = [
        name
        for (name,) in identity.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    for table in tables:
        rows = identity.sql(f'SELECT row_to_json(t)::text FROM "{table}" t')
        assert not [row for (row,) in rows if secret in row], table
    told = identity.sql("SELECT convert_from(body, 'UTF8') FROM outbox")
    assert not [body for (body,) in told if secret in body]
