"""API keys: shown once, within scopes, for a time, revoked at once."""

import jwt
import pytest

from tests.eventually import eventually
from tests.service.identity.conftest import PASSWORD


class Owner:
    def __init__(self, identity, user):
        self._identity = identity
        self.user = user
        signed_in = identity.sign_in(user["username"], PASSWORD).json()
        self.token = signed_in["access_token"]

    def call(self, method, path, body=None):
        return self._identity.call(method, path, body, token=self.token)

    def make(self, *scopes, **more):
        body = {"name": "Import", "scopes": list(scopes)} | more
        answer = self.call("POST", "/me/api-keys", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def exchange(self, key):
        return self._identity.call("POST", "/auth/api-key", {"api_key": key["api_key"]})

    def with_key(self, key):
        token = self.exchange(key).json()["access_token"]

        def call(method, path, body=None):
            return self._identity.call(method, path, body, token=token)

        return call


@pytest.fixture
def owner(identity, make_user):
    return Owner(identity, make_user())


@pytest.fixture
def boss(identity, admin, make_user):
    """An administrator for the time of the test: elsewhere there is but the first one."""
    user = make_user(is_admin=True)
    yield Owner(identity, user)
    assert admin("PATCH", f"/users/{user['id']}", {"is_admin": False}).status_code == 200


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_a_key_is_shown_once_and_exchanged_for_a_token_with_its_scopes(identity, owner):
    key = owner.make("users:read", "roles:read", "users:read", expires_in_days=7)
    assert key["api_key"].startswith("tandem_")
    assert key["beginning"] == key["api_key"][:12]
    token = owner.exchange(key).json()
    assert set(token) == {"access_token", "token_type", "expires_in", "scope"}
    assert token["scope"] == "roles:read users:read"
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert (claims["scope"], claims["sid"]) == (token["scope"], key["id"])
    (listed,) = owner.call("GET", "/me/api-keys").json()["items"]
    assert listed["scopes"] == ["roles:read", "users:read"]
    assert listed["last_used_at"]
    assert "api_key" not in listed
    for table in ("api_key", "outbox", "history", "audit", "audit_personal", "sign_in"):
        rows = identity.sql(f"SELECT row_to_json(t)::text FROM {table} t")
        assert not [row for (row,) in rows if key["api_key"] in row], table


def test_scopes_hold_in_the_service_whatever_the_user_may(boss):
    reading = boss.with_key(boss.make("roles:read"))
    assert reading("GET", "/roles").status_code == 200
    assert code(reading("POST", "/roles", {"name": "x"})) == (403, "insufficient_scope")
    assert reading("GET", "/users").json()["code"] == "insufficient_scope"
    assert code(reading("GET", "/search?q=admin")) == (403, "insufficient_scope")
    assert reading("GET", "/me").status_code == 200
    writing = boss.with_key(boss.make("roles:write"))
    made = writing("POST", "/roles", {"name": "Made by a key"})
    assert made.status_code == 201
    assert writing("DELETE", f"/roles/{made.json()['id']}").status_code == 204
    everything = boss.with_key(boss.make("*:read"))
    assert everything("GET", "/search?q=admin").status_code == 200
    assert code(everything("POST", "/roles", {"name": "x"})) == (403, "insufficient_scope")
    why = f"/users/{boss.user['id']}/access?user={boss.user['id']}"
    assert code(boss.with_key(boss.make("users:read"))("GET", why)) == (403, "insufficient_scope")
    assert everything("GET", why).status_code == 200
    assert code(everything("POST", "/access/simulate", {})) == (403, "insufficient_scope")


def test_scopes_give_no_rights_that_the_user_has_not(owner):
    anything = owner.with_key(owner.make("*:write"))
    assert anything("GET", "/roles").status_code == 200
    assert code(anything("POST", "/roles", {"name": "x"})) == (403, "forbidden")


def test_a_key_opens_no_other_way_in(owner, boss):
    for someone in (owner, boss):
        key = someone.with_key(someone.make("*:write"))
        user = f"/users/{owner.user['id']}"
        body = {"name": "x", "scopes": ["*:read"]}
        for method, path, sent in (
            ("POST", "/me/api-keys", body),
            ("POST", f"{user}/api-keys", body),
            ("POST", f"{user}/password", {"password": "another good password"}),
            ("POST", f"{user}/invite", {}),
            ("DELETE", f"{user}/second-factor", None),
            ("DELETE", f"{user}/sessions", None),
            ("POST", "/me/password", {"current_password": "x", "new_password": "y"}),
            ("POST", "/me/second-factor/enrol", {"password": PASSWORD}),
            ("POST", "/me/sessions/end-others", {}),
        ):
            assert code(key(method, path, sent)) == (403, "forbidden"), path


def test_a_revoked_key_and_its_token_end_at_once(admin, owner, boss):
    mine, theirs = owner.make("*:read"), owner.make("*:read")
    call = owner.with_key(mine)
    assert call("GET", "/me").status_code == 200
    assert boss.call("DELETE", "/api-keys/none").status_code == 404
    stranger_path = f"/api-keys/{boss.make('*:read')['id']}"
    assert owner.call("DELETE", stranger_path).status_code == 404
    assert owner.call("DELETE", f"/api-keys/{mine['id']}").status_code == 204
    assert code(owner.exchange(mine)) == (401, "invalid_api_key")
    eventually(lambda: call("GET", "/me").status_code, 401)
    assert boss.call("DELETE", f"/api-keys/{theirs['id']}").status_code == 204
    assert code(owner.exchange(theirs)) == (401, "invalid_api_key")
    assert owner.call("GET", "/me/api-keys").json()["items"] == []


def test_a_key_runs_out_and_ends_with_its_user(identity, admin, owner):
    old, key = owner.make("*:read"), owner.make("*:read")
    identity.sql("UPDATE api_key SET expires_at = now() WHERE id = %s", old["id"])
    assert code(owner.exchange(old)) == (401, "invalid_api_key")
    assert code(owner.exchange({"api_key": "tandem_nothing"})) == (401, "invalid_api_key")
    admin("PATCH", f"/users/{owner.user['id']}", {"active": False})
    assert code(owner.exchange(key)) == (401, "invalid_api_key")


def test_what_is_wrong_with_a_wish_is_named(owner, errors):
    body = {"name": " ", "scopes": ["leads:admin", "leads:read"], "expires_in_days": 367}
    assert errors(owner.call("POST", "/me/api-keys", body)) == [
        ("/name", "required"),
        ("/scopes/0", "invalid"),
        ("/expires_in_days", "less_than_equal"),
    ]


def test_administrators_make_keys_for_others(admin, boss, owner):
    path = f"/users/{owner.user['id']}/api-keys"
    body = {"name": "Shop", "scopes": ["users:read"]}
    assert owner.call("POST", path, body).status_code == 403
    made = boss.call("POST", path, body).json()
    assert made["created_by"] == boss.user["id"]
    assert owner.with_key(made)("GET", "/me").json()["id"] == owner.user["id"]
    (listed,) = boss.call("GET", path).json()["items"]
    assert listed["id"] == made["id"]
    acts = admin("GET", f"/audit?subject_id={owner.user['id']}&act=sign_in.api_key_made").json()
    assert acts["items"][0]["details"] == {"api_key_id": made["id"], "scopes": ["users:read"]}
