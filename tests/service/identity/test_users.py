"""Users: what is refused, who may write, and that somebody always administers the suite."""

import pytest

from tests.service.identity.conftest import PASSWORD


@pytest.fixture(scope="module")
def sales_person(roles):
    return roles["Sales Person"]["id"]


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def the_admin(admin):
    return admin("GET", "/me").json()


def test_a_user_has_the_fields_of_the_spec_and_a_derived_name(make_user, sales_person):
    user = make_user(
        first_name="Nancy",
        last_name="Davolio",
        email="nancy@example.com",
        title="Sales Representative",
        department="Sales",
        phone="(206) 555-9857",
        time_zone="America/Los_Angeles",
    )
    assert user["display_name"] == "Nancy Davolio"
    assert (user["role_id"], user["is_admin"], user["active"]) == (sales_person, False, True)
    assert (user["email"], user["time_zone"]) == ("nancy@example.com", "America/Los_Angeles")


def test_the_derived_name_follows_and_cannot_be_set(admin, make_user, errors):
    user = make_user(first_name="Nancy", last_name="Davolio")
    changed = admin("PATCH", f"/users/{user['id']}", {"last_name": "Fuller"}).json()
    assert (changed["display_name"], changed["version"]) == ("Nancy Fuller", 2)
    answer = admin("PATCH", f"/users/{user['id']}", {"display_name": "Boss"})
    assert errors(answer) == [("/display_name", "read_only")]


def test_everything_wrong_is_named_at_once(admin, errors):
    body = {"username": "two words", "last_name": "X", "time_zone": "Mars/Olympus"}
    assert errors(admin("POST", "/users", body)) == [
        ("/role_id", "required"),
        ("/username", "invalid"),
        ("/time_zone", "unknown_value"),
    ]


def test_a_username_is_there_once_however_it_is_written(admin, make_user, sales_person, errors):
    taken = make_user()["username"].upper()
    body = {"username": taken, "last_name": "X", "role_id": sales_person}
    assert errors(admin("POST", "/users", body)) == [("/username", "not_unique")]


def test_only_an_administrator_may_be_without_a_role(admin, make_user, roles, errors):
    user = make_user()
    path = f"/users/{user['id']}"
    assert errors(admin("PATCH", path, {"role_id": None})) == [("/role_id", "required")]
    promoted = admin("PATCH", path, {"role_id": None, "is_admin": True})
    assert (promoted.status_code, promoted.json()["role_id"]) == (200, None)
    assert errors(admin("PATCH", path, {"is_admin": False})) == [("/role_id", "required")]
    role = roles["Sales Person"]["id"]
    assert admin("PATCH", path, {"is_admin": False, "role_id": role}).status_code == 200


def test_nobody_reports_to_themselves(admin, make_user, errors):
    top = make_user()
    middle = make_user(reports_to_id=top["id"])
    bottom = make_user(reports_to_id=middle["id"])
    for superior in (top, bottom):
        answer = admin("PATCH", f"/users/{top['id']}", {"reports_to_id": superior["id"]})
        assert errors(answer) == [("/reports_to_id", "cycle")]
    assert admin("PATCH", f"/users/{bottom['id']}", {"reports_to_id": top["id"]}).ok


def test_everybody_reads_users_and_only_administrators_write_them(identity, make_user, roles):
    user = make_user()
    token = identity.sign_in(user["username"], PASSWORD).json()["access_token"]
    mine = f"/users/{user['id']}"
    assert identity.call("GET", mine, token=token).json()["id"] == user["id"]
    body = {"username": "sneaky", "last_name": "X", "role_id": roles["CEO"]["id"]}
    for method, path, sent in (
        ("POST", "/users", body),
        ("PATCH", mine, {"is_admin": True}),
        ("DELETE", mine, None),
        ("POST", "/roles", {"name": "Above all"}),
        ("POST", "/currencies", {"code": "EUR", "name": "Euro", "conversion_rate": "1"}),
        ("POST", "/taxes", {"name": "Mine", "rate": "1"}),
    ):
        assert refusal(identity.call(method, path, sent, token=token)) == (403, "forbidden")


@pytest.mark.parametrize("change", [{"active": False}, {"is_admin": False}, None])
def test_the_last_administrator_stays(admin, make_user, change):
    path = f"/users/{the_admin(admin)['id']}"
    if change is None:
        path = f"{path}?transfer_to={make_user()['id']}"
    answer = admin("DELETE", path) if change is None else admin("PATCH", path, change)
    assert refusal(answer) == (409, "last_administrator")
    assert admin("GET", path).json()["active"] is True


def test_users_are_found_by_name_and_every_change_is_in_their_history(admin, make_user):
    user = make_user(first_name="Xanthippe", title="Buyer")
    admin("PATCH", f"/users/{user['id']}", {"title": "Seller"})
    found = admin("GET", "/users?q=xanth").json()["items"]
    assert [item["id"] for item in found] == [user["id"]]
    newest, oldest = admin("GET", f"/users/{user['id']}/history").json()["items"]
    assert newest["changes"] == [{"field": "title", "old": "Buyer", "new": "Seller"}]
    assert oldest["fact"] == "created"
