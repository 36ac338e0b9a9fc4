"""A change of rights is tried and undone: what services would hear of it, and whom it touches."""

import uuid

import pytest

from tests.eventually import eventually

NOBODY = str(uuid.UUID(int=7))


@pytest.fixture
def simulate(admin):
    def ask(*changes, users=None):
        names = ("method", "path", "body")
        body = {"changes": [dict(zip(names, one, strict=False)) for one in changes]}
        return admin("POST", "/access/simulate", body | ({"users": users} if users else {}))

    return ask


@pytest.fixture
def branch(admin, make_user):
    """A role of its own with a profile of its own, and a user in it whom identity knows there."""
    name = f"x-{uuid.uuid4().hex[:8]}"
    profile = admin("POST", "/profiles", {"name": name, "others": {"verbs": ["view"]}}).json()
    role = admin("POST", "/roles", {"name": name, "profile_ids": [profile["id"]]}).json()
    user = make_user(password=None, role_id=role["id"])
    return {"profile": profile, "role": role, "user": user, "name": name}


def touched(answer):
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["users"]]


def test_a_user_moves_and_has_not_moved(admin, simulate, branch, roles):
    user, there = branch["user"], roles["CEO"]["id"]
    here = f"/users/{user['id']}"
    history = len(admin("GET", f"{here}/history").json()["items"])
    told = simulate(("PATCH", here, {"role_id": there}), users=[user["id"]]).json()
    assert told["users"] == [{"id": user["id"], "name": user["display_name"]}]
    assert told["supposed"] == {
        "users": {user["id"]: {"role_id": there, "is_admin": False, "active": True}},
        "roles": {},
        "profiles": {},
        "groups": {},
        "rules": {},
        "defaults": None,
    }
    assert admin("GET", here).json() == user
    assert len(admin("GET", f"{here}/history").json()["items"]) == history


def test_nothing_is_told_and_only_that_it_was_tried_is_audited(admin, identity, simulate, branch):
    counts = "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM history)"
    here = f"/profiles/{branch['profile']['id']}"
    before = identity.sql(counts)
    answer = simulate(
        ("PATCH", here, {"edit_all": True}),
        ("POST", "/groups", {"name": branch["name"]}),
        users=[branch["user"]["id"]],
    )
    assert answer.status_code == 200, answer.text
    assert identity.sql(counts) == before
    assert admin("GET", f"/groups?filter[name]={branch['name']}").json()["items"] == []
    (row, *_) = admin("GET", "/audit?act=access.simulated&limit=1").json()["items"]
    assert row["details"] == {
        "changes": [
            {"method": "PATCH", "path": here, "fields": ["edit_all"]},
            {"method": "POST", "path": "/groups", "fields": ["name"]},
        ],
        "users": [branch["user"]["id"]],
    }
    changed = admin("GET", f"/audit?act=profile.changed&subject_id={branch['profile']['id']}")
    assert changed.json()["items"] == []


def test_those_are_counted_for_whose_rights_would_be_others(admin, simulate, branch):
    user, role, profile = (branch[name]["id"] for name in ("user", "role", "profile"))
    grant = {"others": {"verbs": ["view", "export"]}}
    eventually(lambda: touched(simulate(("PATCH", f"/profiles/{profile}", grant))), [user])
    assert touched(simulate(("PATCH", f"/profiles/{profile}", {"description": "x"}))) == []
    assert touched(simulate(("PATCH", f"/roles/{role}", {"profile_ids": []}))) == [user]
    group = admin("POST", "/groups", {"name": branch["name"]}).json()["id"]
    members = {"members": [{"kind": "user", "id": user}]}
    assert touched(simulate(("PATCH", f"/groups/{group}", members))) == [user]
    side = {"owned_by_group_id": group, "shared_with_role_id": role}
    rule = ("POST", "/sharing-rules", {"module": "lead", **side})
    assert touched(simulate(rule)) == [user]
    left = simulate(("PATCH", f"/users/{user}", {"active": False}))
    assert touched(left) == [user]
    assert left.json()["supposed"]["users"][user]["active"] is False


def test_one_who_comes_below_another_is_not_the_only_one_touched(
    admin, simulate, branch, make_user
):
    below = {"name": "below", "parent_id": branch["role"]["id"]}
    lower = admin("POST", "/roles", below).json()["id"]
    other = make_user(password=None)["id"]
    both = sorted([branch["user"]["id"], other])
    moved = ("PATCH", f"/users/{other}", {"role_id": lower})
    eventually(lambda: set(both) <= set(touched(simulate(moved))), expected=True)


def test_a_role_moves_with_all_below_it(admin, simulate, branch, roles):
    lower = admin("POST", "/roles", {"name": "low", "parent_id": branch["role"]["id"]}).json()
    top = roles["CEO"]
    role = f"/roles/{branch['role']['id']}"
    told = simulate(("PATCH", role, {"parent_id": top["id"]}), users=[branch["user"]["id"]]).json()
    paths = {one: role["path"] for one, role in told["supposed"]["roles"].items()}
    above = f"{top['path']}{branch['role']['id']}/"
    assert paths == {branch["role"]["id"]: above, lower["id"]: f"{above}{lower['id']}/"}


def test_too_many_are_named_in_the_refusal(admin, errors, simulate, make_user, branch):
    for _ in range(26):
        make_user(password=None, role_id=branch["role"]["id"])
    change = ("PATCH", f"/profiles/{branch['profile']['id']}", {"view_all": True})

    def refused():
        answer = simulate(change)
        return answer.status_code == 422 and answer.json()["errors"]

    detail = "it would touch 27 users: name up to 25 of them"
    wanted = [{"pointer": "/users", "code": "too_many", "detail": detail}]
    eventually(refused, wanted)
    assert touched(simulate(change, users=[branch["user"]["id"]])) == [branch["user"]["id"]]
    assert errors(simulate(change, users=[NOBODY] * 26)) == [("/users", "too_long")]


def test_whatever_stands_against_a_change_is_named(simulate, errors, branch):
    role = branch["role"]["id"]
    answer = simulate(
        ("PATCH", f"/users/{branch['user']['id']}", {"role_id": NOBODY}),
        ("PATCH", f"/roles/{NOBODY}", {"name": "x"}),
        ("DELETE", f"/profiles/{branch['profile']['id']}"),
        ("POST", f"/roles/{role}", {}),
        ("PATCH", "/roles", {}),
        ("PATCH", f"/groups/{role}", {"no_such": 1}),
        ("POST", "/profiles", {"others": {"verbs": ["fly"]}}),
    )
    assert errors(answer) == [
        ("/changes/0/body/role_id", "dangling_link"),
        ("/changes/1", "not_found"),
        ("/changes/2", "profile_in_use"),
        ("/changes/3/path", "invalid"),
        ("/changes/4/path", "invalid"),
        ("/changes/5", "not_found"),
        ("/changes/6/body/name", "required"),
    ]
    assert errors(simulate(("PATCH", "/leads/x", {}), ("PUT", "/roles", {}))) == [
        ("/changes/0/path", "invalid"),
        ("/changes/1/method", "unknown_value"),
    ]
    user = simulate(("PATCH", f"/roles/{role}", {"name": "y"}), users=[NOBODY])
    assert errors(user) == [("/users/0", "dangling_link")]


def test_only_administrators_ask(identity, make_user):
    user = make_user()
    token = identity.sign_in(user["username"], "correct horse battery").json()["access_token"]
    for body in ({}, {"changes": [{"method": "PATCH", "path": f"/users/{user['id']}"}]}):
        answer = identity.call("POST", "/access/simulate", body, token=token)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
