"""Staying signed in: one successor for each token, theft ends the session, sessions are seen."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.eventually import eventually
from tests.service.identity.conftest import PASSWORD


@pytest.fixture
def user(make_user):
    return make_user()


@pytest.fixture
def sign_in(identity, user):
    def signed_in(**options):
        answer = identity.sign_in(user["username"], PASSWORD, **options)
        assert answer.status_code == 200
        return answer.json()

    return signed_in


def ended(answer):
    return (answer.status_code, answer.json().get("code")) == (401, "invalid_refresh_token")


def age(identity, user, seconds):
    """Let the tokens have been used so much earlier."""
    identity.sql(
        "UPDATE refresh_token SET used_at = used_at - make_interval(secs => %s) WHERE session_id IN"
        " (SELECT id FROM session WHERE user_id = %s)",
        seconds,
        user["id"],
    )


def test_fifty_who_trade_in_one_token_get_one_successor(identity, sign_in):
    token = sign_in()["refresh_token"]
    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(identity.refresh, [token] * 50))
    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    assert successor != token
    assert identity.refresh(successor).status_code == 200


def test_a_token_used_again_later_ends_its_session_and_no_other(identity, admin, user, sign_in):
    other, first = sign_in(), sign_in()
    second = identity.refresh(first["refresh_token"]).json()
    age(identity, user, 11)
    assert ended(identity.refresh(first["refresh_token"]))
    assert ended(identity.refresh(second["refresh_token"]))
    refused = identity.call("GET", "/me", token=second["access_token"])
    assert refused.json()["detail"] == "This session has ended."
    assert identity.refresh(other["refresh_token"]).status_code == 200
    page = admin("GET", f"/audit?subject_id={user['id']}&act=sign_in.refresh_token_reused").json()
    assert len(page["items"]) == 1
    told = identity.sql("SELECT convert_from(body, 'UTF8') FROM outbox")
    assert [body for (body,) in told if user["id"] in body and "refresh_token_reused" in body]


def test_a_token_whose_successor_is_used_is_no_lost_answer(identity, sign_in):
    first = sign_in()["refresh_token"]
    second = identity.refresh(first).json()["refresh_token"]
    assert identity.refresh(first).json()["refresh_token"] == second
    third = identity.refresh(second).json()["refresh_token"]
    assert ended(identity.refresh(first))
    assert ended(identity.refresh(third))


def test_people_see_where_they_are_signed_in_and_end_it(identity, user, sign_in):
    here, there = sign_in(address="192.0.2.1"), sign_in(address="192.0.2.2")
    token = here["access_token"]
    listed = identity.call("GET", "/me/sessions", token=token).json()["items"]
    assert [(s["address"], s["method"], s["current"]) for s in listed] == [
        ("192.0.2.2", "password", False),
        ("192.0.2.1", "password", True),
    ]
    assert listed[0]["device"].startswith("python-requests/")
    assert set(listed[0]) == {
        *("id", "method", "address", "device", "created_at", "last_used_at", "current"),
    }
    path = f"/sessions/{listed[0]['id']}"
    assert identity.call("GET", "/me", token=there["access_token"]).status_code == 200
    assert identity.call("DELETE", path, token=token).status_code == 204
    assert ended(identity.refresh(there["refresh_token"]))
    eventually(lambda: identity.call("GET", "/me", token=there["access_token"]).status_code, 401)
    assert len(identity.call("GET", "/me/sessions", token=token).json()["items"]) == 1


def test_nobody_ends_the_session_of_another_but_an_administrator(
    identity, admin, make_user, user, sign_in
):
    mine = sign_in()
    stranger = identity.sign_in(make_user()["username"], PASSWORD).json()["access_token"]
    (listed,) = admin("GET", f"/users/{user['id']}/sessions").json()["items"]
    path = f"/sessions/{listed['id']}"
    for bad in (path, "/sessions/none"):
        assert identity.call("DELETE", bad, token=stranger).status_code == 404
    theirs = f"/users/{user['id']}/sessions"
    for method in ("GET", "DELETE"):
        assert identity.call(method, theirs, token=stranger).status_code == 403
    assert identity.refresh(mine["refresh_token"]).status_code == 200
    assert admin("DELETE", theirs).status_code == 204
    assert admin("GET", theirs).json()["items"] == []
    assert ended(identity.refresh(mine["refresh_token"]))


def test_everywhere_else_is_signed_out_at_once(identity, sign_in):
    others = [sign_in() for _ in range(2)]
    here = sign_in()
    ending = identity.call("POST", "/me/sessions/end-others", token=here["access_token"])
    assert ending.status_code == 204
    assert all(ended(identity.refresh(other["refresh_token"])) for other in others)
    assert identity.refresh(here["refresh_token"]).status_code == 200
