"""Signing in, staying signed in and being shut out."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from crmkit import tokens
from tests.service.identity.conftest import PASSWORD


def verified(identity, token):
    return tokens.verify(token, identity.call("GET", "/jwks").json()["keys"])


def session_ended(answer):
    return (answer.status_code, answer.json().get("code")) == (401, "invalid_refresh_token")


def test_the_answer_is_a_bearer_token_that_names_the_user(identity, make_user):
    user = make_user()
    answer = identity.sign_in(user["username"], PASSWORD)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    claims = verified(identity, body["access_token"])
    assert claims.user_id == user["id"]
    assert claims.expires_at - claims.issued_at == 600
    assert claims.session_id
    header = jwt.get_unverified_header(body["access_token"])
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")


def test_the_public_keys_keep_the_private_half_to_themselves(identity):
    (key,) = identity.call("GET", "/jwks").json()["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "alg", "use"}


def test_a_new_user_is_known_here_with_the_first_token(identity, make_user):
    user = make_user(first_name="Ada", last_name="Lovelace")
    token = identity.sign_in(user["username"], PASSWORD).json()["access_token"]
    mine = identity.call("GET", "/me", token=token)
    assert mine.status_code == 200
    assert (mine.json()["id"], mine.json()["display_name"]) == (user["id"], "Ada Lovelace")
    assert mine.headers["ETag"] == '"1"'


def test_a_username_may_be_written_in_capitals(identity, make_user):
    user = make_user(username="Grace.Hopper@Example")
    assert user["username"] == "grace.hopper@example"
    assert identity.sign_in(" GRACE.hopper@example ", PASSWORD).status_code == 200


@pytest.mark.parametrize("why", ["unknown", "wrong", "without_password", "inactive", "deleted"])
def test_every_refusal_looks_the_same(identity, admin, make_user, why):
    user = make_user(password=None if why == "without_password" else PASSWORD)
    if why == "inactive":
        admin("PATCH", f"/users/{user['id']}", {"active": False})
    if why == "deleted":
        gone = admin("DELETE", f"/users/{user['id']}?transfer_to={make_user()['id']}")
        assert gone.status_code == 202
    username = "nobody-here" if why == "unknown" else user["username"]
    answer = identity.sign_in(username, "wrong" if why == "wrong" else PASSWORD)
    assert answer.status_code == 401
    problem = answer.json()
    assert (problem["code"], problem["detail"]) == (
        "invalid_credentials",
        "The username or the password is wrong.",
    )


def test_an_unknown_user_costs_the_same_work_as_a_known_one(identity, make_user):
    user = make_user()
    identity.sign_in("nobody-here", PASSWORD)

    def seconds(username):
        answers = [identity.sign_in(username, "wrong password") for _ in range(5)]
        assert {answer.status_code for answer in answers} == {401}
        return min(answer.elapsed.total_seconds() for answer in answers)

    unknown, known = seconds(f"nobody-{uuid.uuid4()}"), seconds(user["username"])
    assert unknown > known / 2


def test_a_refresh_token_is_traded_for_new_ones_of_the_same_session(identity, make_user):
    user = make_user()
    first = identity.sign_in(user["username"], PASSWORD).json()
    second = identity.refresh(first["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    old = verified(identity, first["access_token"])
    new = verified(identity, second.json()["access_token"])
    assert (new.user_id, new.session_id) == (old.user_id, old.session_id)
    assert new.token_id != old.token_id


def test_an_expired_refresh_token_is_refused(identity, make_user):
    user = make_user()
    token = identity.sign_in(user["username"], PASSWORD).json()["refresh_token"]
    identity.sql(
        "UPDATE refresh_token SET expires_at = now() - interval '1 second' WHERE session_id IN "
        "(SELECT id FROM session WHERE user_id = %s)",
        user["id"],
    )
    assert session_ended(identity.refresh(token))


def test_refresh_tokens_are_not_stored(identity, make_user):
    token = identity.sign_in(make_user()["username"], PASSWORD).json()["refresh_token"]
    rows = identity.sql("SELECT row_to_json(t)::text FROM refresh_token t")
    assert not [row for (row,) in rows if token in row]


def test_signing_out_ends_the_session_and_may_be_repeated(identity, make_user):
    user = make_user()
    token = identity.sign_in(user["username"], PASSWORD).json()["refresh_token"]
    for _ in range(2):
        assert identity.call("POST", "/auth/logout", {"refresh_token": token}).status_code == 204
    assert session_ended(identity.refresh(token))
    assert identity.call("POST", "/auth/logout", {"refresh_token": "no-such"}).status_code == 204


def test_a_deactivated_user_is_out_and_stays_out_of_the_old_session(identity, admin, make_user):
    user = make_user()
    signed_in = identity.sign_in(user["username"], PASSWORD).json()
    assert admin("PATCH", f"/users/{user['id']}", {"active": False}).status_code == 200
    assert session_ended(identity.refresh(signed_in["refresh_token"]))
    assert admin("PATCH", f"/users/{user['id']}", {"active": True}).status_code == 200
    assert session_ended(identity.refresh(signed_in["refresh_token"]))
    assert identity.sign_in(user["username"], PASSWORD).status_code == 200


def test_the_access_token_of_a_deactivated_user_is_refused(identity, admin, make_user):
    user = make_user()
    token = identity.sign_in(user["username"], PASSWORD).json()["access_token"]
    admin("PATCH", f"/users/{user['id']}", {"active": False})
    answer = identity.call("GET", "/me", token=token)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_bad_bodies_name_their_fields(identity, errors):
    answer = identity.call("POST", "/auth/token", {"username": 1, "passwort": "x"})
    assert sorted(errors(answer)) == [
        ("/password", "required"),
        ("/passwort", "unknown_field"),
        ("/username", "string_type"),
    ]
    assert errors(identity.refresh("not a token!")) == [("/refresh_token", "invalid")]


def test_a_crowd_signs_in_at_once(identity, make_user):
    """More of them than there are turns at a password check."""
    names = [make_user()["username"] for _ in range(4)] * 5
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda name: identity.sign_in(name, PASSWORD), names))
    assert {answer.status_code for answer in answers} == {200}
