"""Giving and changing passwords; nothing of them ever leaves identity's own table."""

import unicodedata
from base64 import b64encode

from argon2.low_level import Type, hash_secret_raw

from tests.service.identity.conftest import PASSWORD

OTHER = "another good password"


def test_a_password_given_by_an_administrator_replaces_the_old_and_ends_its_sessions(
    identity, admin, make_user
):
    user = make_user()
    signed_in = identity.sign_in(user["username"], PASSWORD).json()
    given = admin("POST", f"/users/{user['id']}/password", {"password": OTHER})
    assert (given.status_code, given.content) == (204, b"")
    assert identity.sign_in(user["username"], PASSWORD).status_code == 401
    assert identity.refresh(signed_in["refresh_token"]).status_code == 401
    assert identity.sign_in(user["username"], OTHER).status_code == 200


def test_only_an_administrator_gives_passwords(identity, make_user):
    user, victim = make_user(), make_user()
    token = identity.sign_in(user["username"], PASSWORD).json()["access_token"]
    for target in (victim, user):
        path = f"/users/{target['id']}/password"
        answer = identity.call("POST", path, {"password": OTHER}, token=token)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert identity.sign_in(victim["username"], PASSWORD).status_code == 200


def test_people_change_their_own_with_the_one_they_have(identity, make_user, errors):
    user = make_user()
    signed_in = identity.sign_in(user["username"], PASSWORD).json()
    token = signed_in["access_token"]
    wrong = {"current_password": OTHER, "new_password": OTHER}
    answer = identity.call("POST", "/me/password", wrong, token=token)
    assert errors(answer) == [("/current_password", "wrong_password")]
    assert identity.refresh(signed_in["refresh_token"]).status_code == 200
    right = {"current_password": PASSWORD, "new_password": OTHER}
    assert identity.call("POST", "/me/password", right, token=token).status_code == 204
    assert identity.sign_in(user["username"], PASSWORD).status_code == 401
    assert identity.sign_in(user["username"], OTHER).status_code == 200


def test_changing_a_password_ends_the_other_sessions(identity, make_user):
    user = make_user()
    elsewhere = identity.sign_in(user["username"], PASSWORD).json()["refresh_token"]
    token = identity.sign_in(user["username"], PASSWORD).json()["access_token"]
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert identity.call("POST", "/me/password", body, token=token).status_code == 204
    assert identity.refresh(elsewhere).status_code == 401


RULES = {
    "eleven char": ["too_short"],
    "x" * 129: ["too_long", "too_common"],
    "Password1234!": ["too_common"],
    "passwordpassword": ["too_common"],
    "qwertyuiop12": ["too_common"],
    "": ["too_short", "too_common"],
    "NANCY.davolio1": ["contains_name", "too_common"],
    "1davo@x.org": ["too_short", "contains_name", "too_common"],
    "twelve chars": [],
    "y7#" + "Qr5 bnw8" * 15: [],
}


def test_a_new_password_that_breaks_rules_is_told_each_of_them(identity, admin, make_user, errors):
    user = make_user(password=None, username="nancy.davolio", email="davo@x.org")
    path = f"/users/{user['id']}/password"
    found = {}
    for password in RULES:
        answer = admin("POST", path, {"password": password})
        found[password] = [] if answer.status_code == 204 else [code for _, code in errors(answer)]
    assert found == RULES
    token = identity.sign_in(user["username"], next(reversed(RULES))).json()["access_token"]
    body = {"current_password": "wrong", "new_password": "letmein"}
    assert errors(identity.call("POST", "/me/password", body, token=token)) == [
        ("/current_password", "wrong_password"),
        ("/new_password", "too_short"),
        ("/new_password", "too_common"),
    ]


def test_the_same_letters_typed_on_another_keyboard_are_the_same_password(identity, make_user):
    user = make_user(password=unicodedata.normalize("NFC", "süße Grüße aus Köln"))
    typed = unicodedata.normalize("NFD", "süße Grüße aus Köln")
    assert identity.sign_in(user["username"], typed).status_code == 200


def test_a_hash_with_older_parameters_is_renewed_when_it_is_next_used(identity, make_user):
    user = make_user()
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$"
    stored = "SELECT password_hash FROM credential WHERE user_id = %s"
    ((now,),) = identity.sql(stored, user["id"])
    assert now.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    identity.sql(
        "UPDATE credential SET password_hash = %s WHERE user_id = %s",
        weak + _weak_hash(PASSWORD),
        user["id"],
    )
    assert identity.sign_in(user["username"], PASSWORD).status_code == 200
    ((renewed,),) = identity.sql(stored, user["id"])
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def _weak_hash(password):
    raw = hash_secret_raw(password.encode(), b"somesalt", 1, 8, 1, 32, Type.ID)
    return b64encode(raw).decode().rstrip("=")


def test_no_password_is_in_records_history_or_events(identity, admin, make_user):
    secret = "a secret that is nowhere"
    user = make_user(password=secret)
    record = admin("GET", f"/users/{user['id']}").json()
    assert not [name for name in record if "password" in name]
    told = identity.sql("SELECT convert_from(body, 'UTF8') FROM outbox")
    told += identity.sql("SELECT changes::text FROM history")
    assert told
    assert not [row for (row,) in told if secret in row or "argon2" in row or '"password"' in row]
