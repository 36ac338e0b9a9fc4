"""Guessing passwords: slow for whoever guesses, from wherever, and open to the true owner."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from contracts.caller import system_caller
from contracts.errors import Problem
from crmkit.config import Settings
from crmkit.origin import Origin
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork
from services.identity import bootstrap as first_start
from services.identity import passwords
from services.identity.actions.issue_token import Credentials, issue_token
from tests.service.identity.conftest import PASSWORD

OFFICE, HOTEL = "192.0.2.10", "198.51.100.20"


class Door:
    """Signing in by a clock that the test sets; counts the passwords that are really looked at."""

    def __init__(self, database, monkeypatch):
        self._database = database
        self.checked = 0
        monkeypatch.setattr(passwords, "fits", self._fits)
        self.start = datetime.now(UTC)

    def _fits(self, _uow, _user_id, password):
        self.checked += 1
        return password == PASSWORD

    def try_(self, password, *, after=0.0, username="admin", address=OFFICE):
        """The status that an attempt meets so many seconds after the start, and what it waits."""
        at = self.start + timedelta(seconds=after)
        with self._database.transaction() as session:
            origin = Origin(address)
            uow = UnitOfWork(session, system_caller(), "identity", at=at, origin=origin)
            try:
                answer = issue_token(uow, Credentials(username=username, password=password))
            except Problem as problem:
                return problem.status, int(problem.headers["Retry-After"])
            journal.write(uow)
        return (answer.status if isinstance(answer, Problem) else 200), 0


@pytest.fixture
def door(database, tmp_path, monkeypatch):
    env = {"TANDEM_VAR": str(tmp_path), "TANDEM_ADMIN_PASSWORD": PASSWORD}
    first_start.bootstrap(database, Settings.from_env(env))
    return Door(database, monkeypatch)


def an_hour():
    """Delays are whole seconds: who guesses more often than once in each gains nothing by it."""
    return range(3600)


def addresses():
    return (f"203.{a}.{b}.7" for a, b in itertools.product(range(250), range(250)))


def test_of_an_hours_guesses_from_one_address_less_than_twenty_are_looked_at(door):
    names = (f"somebody{number}" for number in range(3600))
    met = {door.try_("guess", after=at, username=next(names))[0] for at in an_hour()}
    assert met == {401, 429}
    assert door.checked == 19


def test_of_those_from_a_thousand_addresses_on_one_account_too(door):
    crowd = itertools.cycle(itertools.islice(addresses(), 1000))
    met = {door.try_("guess", after=at, address=next(crowd))[0] for at in an_hour()}
    assert met == {401, 429}
    assert door.checked == 17


def test_the_owner_signs_in_at_once_where_they_did_before_and_later_elsewhere(door):
    assert door.try_(PASSWORD, address=OFFICE) == (200, 0)
    crowd = addresses()
    for number in range(40):
        door.try_("guess", after=1 + number * 60, address=next(crowd))
    looked_at = door.checked
    assert door.try_(PASSWORD, after=2401, address=OFFICE) == (200, 0)
    assert door.checked == looked_at + 1
    status, wait = door.try_(PASSWORD, after=2402, address=HOTEL)
    assert (status, 0 < wait <= 900) == (429, True)
    assert door.try_(PASSWORD, after=2402 + wait, address=HOTEL) == (200, 0)
    assert door.try_("guess", after=2403 + wait, address=next(crowd))[0] == 401


def test_a_known_network_does_not_guess_freely_either(door):
    assert door.try_(PASSWORD) == (200, 0)
    met = [door.try_("guess", after=at) for at in (1, 1, 1, 1, 1)]
    assert met == [(401, 0)] * 5
    assert [door.try_("guess", after=at) for at in (1, 2, 2, 3, 4)] == [
        (429, 1),
        (401, 0),
        (429, 2),
        (429, 1),
        (401, 0),
    ]


def test_an_account_of_the_guessers_own_does_not_open_the_others(door):
    for number in range(10):
        door.try_("guess", username=f"somebody{number}")
        door.try_(PASSWORD, after=0.5, address=OFFICE)
    assert door.try_("guess", after=1, username="somebody11")[0] == 429


def test_strangers_together_wait_when_there_are_too_many(door):
    assert door.try_(PASSWORD, address=OFFICE) == (200, 0)
    crowd = addresses()
    for number in range(100):
        door.try_("guess", after=1, username=f"somebody{number}", address=next(crowd))
    assert door.checked == 101
    assert door.try_("guess", after=2, username="else", address=next(crowd)) == (429, 60)
    assert door.try_(PASSWORD, after=2, address=OFFICE) == (200, 0)
    assert door.try_("guess", after=62, username="else", address=next(crowd)) == (401, 0)


def test_many_at_once_are_counted_one_by_one(identity, make_user):
    """Over HTTP: whoever guesses in parallel gets no more guesses."""
    username = make_user()["username"]
    with ThreadPoolExecutor(24) as crowd:
        guesses = [crowd.submit(identity.sign_in, username, f"guess {n}") for n in range(24)]
        answers = [guess.result() for guess in guesses]
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 19
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "too_many_attempts"
    assert int(refused.headers["Retry-After"]) >= 1


def test_the_history_says_who_tried_from_where_and_what_came_of_it(identity, admin, make_user):
    user = make_user()
    identity.sign_in(user["username"], "wrong", address=HOTEL)
    token = identity.sign_in(user["username"], PASSWORD, address=OFFICE).json()["access_token"]
    mine = identity.call("GET", "/me/sign-ins", token=token).json()
    assert [(i["outcome"], i["method"], i["address"]) for i in mine["items"]] == [
        ("signed_in", "password", OFFICE),
        ("wrong_password", "password", HOTEL),
    ]
    assert mine["items"][0]["device"].startswith("python-requests/")
    assert admin("GET", f"/users/{user['id']}/sign-ins").json() == mine
    page = admin("GET", f"/users/{user['id']}/sign-ins?limit=1").json()
    rest = admin("GET", f"/users/{user['id']}/sign-ins?cursor={page['next_cursor']}").json()
    assert page["items"] + rest["items"] == mine["items"]
    denied = identity.call("GET", f"/users/{user['id']}/sign-ins", token=token)
    assert denied.status_code == 403


def test_administrators_see_that_somebody_is_guessing(identity, admin, make_user):
    user = make_user()
    for _ in range(6):
        identity.sign_in(user["username"], "wrong", address=HOTEL)
    items = admin("GET", f"/audit?subject_id={user['id']}&act=sign_in.attempts_delayed").json()
    (noted,) = items["items"]
    assert noted["details"] == {"method": "password"}
    assert noted["personal"]["address"] == HOTEL
