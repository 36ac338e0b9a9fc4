"""A POST sent again under the same Idempotency-Key is answered again, not done again."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest

from tests.service.served import BEN


@pytest.fixture
def count(ben, tag):
    return lambda: ben.get(f"/widgets?filter[name]={tag}&count=exact")["count"]


def test_the_same_request_gets_the_same_answer(workshop, ben, tag, count):
    first, second = (
        ben.ask("POST", "/widgets", {"name": tag}, Idempotency_Key=tag) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    for name in ("ETag", "Location", "Content-Type"):
        assert second.headers[name] == first.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert count() == 1
    assert len(workshop.told(first.json()["id"])) == 1


def test_the_first_answer_stands_whatever_became_of_the_record(ben, tag):
    path = "/widgets"
    first = ben("POST", path, {"name": tag}, status=201, Idempotency_Key=tag)
    ben("DELETE", f"{path}/{first['id']}", status=204)
    assert ben("POST", path, {"name": tag}, status=201, Idempotency_Key=tag) == first


def test_the_key_of_another_request_is_refused(ben, widget, tag, count):
    ben("POST", "/widgets", {"name": tag}, status=201, Idempotency_Key=tag)
    for path, body in (
        ("/widgets", {"name": tag, "parts": 1}),
        ("/crates", {"name": tag}),
        (f"/widgets/{widget['id']}/paint", {"colour": "Green"}),
    ):
        problem = ben("POST", path, body, status=422, Idempotency_Key=tag)
        assert problem["code"] == "idempotency_key_reused"
    assert count() == 2  # with the one of the fixture, which has the same name


def test_another_persons_key_is_another_key(ben, clara, tag):
    first = ben("POST", "/widgets", {"name": tag}, status=201, Idempotency_Key=tag)
    second = clara("POST", "/widgets", {"name": tag}, status=201, Idempotency_Key=tag)
    assert first["id"] != second["id"]


def test_a_refusal_is_not_kept(ben, tag, count):
    ben("POST", "/widgets", {"name": tag, "parts": 13}, status=422, Idempotency_Key=tag)
    assert ben("POST", "/widgets", {"name": tag}, status=201, Idempotency_Key=tag)["name"] == tag
    assert count() == 1


def test_an_action_is_done_once_too(ben, widget, tag):
    path = f"/widgets/{widget['id']}/paint"
    first, second = (ben("POST", path, {"colour": "Green"}, Idempotency_Key=tag) for _ in range(2))
    assert first == second
    assert ben.get(f"/widgets/{widget['id']}")["version"] == 2


def test_while_the_first_is_under_way_the_second_is_told_so(workshop, ben, tag, count):
    url = workshop.database.url.set(drivername="postgresql")
    with closing(psycopg2.connect(url.render_as_string(hide_password=False))) as first:
        key = f"{BEN}/{tag}"
        first.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
        problem = ben("POST", "/widgets", {"name": tag}, status=409, Idempotency_Key=tag)
        assert problem["code"] == "request_in_progress"
        first.rollback()
    ben("POST", "/widgets", {"name": tag}, status=201, Idempotency_Key=tag)
    assert count() == 1


def test_20_at_once_make_one_record(workshop, ben, tag, count, held_up):
    def send(_):
        return workshop.as_(BEN).ask("POST", "/widgets", {"name": tag}, Idempotency_Key=tag)

    with ThreadPoolExecutor(20) as pool:
        with held_up(until=1):
            sent = [pool.submit(send, position) for position in range(20)]
        answers = [each.result() for each in sent]
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in made].count(None) == 1
    refusals = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refusals <= {"request_in_progress"}
    assert count() == 2  # with the fixture's


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x7fb"])
def test_an_odd_key_is_refused(ben, key):
    problem = ben("POST", "/widgets", {"name": "x"}, status=400, Idempotency_Key=key)
    assert (problem["code"], problem["errors"][0]["pointer"]) == (
        "invalid_header",
        "/Idempotency-Key",
    )


def test_answers_are_forgotten_after_a_day(workshop, ben, tag, count):
    from crmkit.records.writing import idempotency  # noqa: PLC0415

    for _ in range(2):
        ben("POST", "/widgets", {"name": tag}, status=201, Idempotency_Key=tag)
    with workshop.database.transaction() as session:
        assert idempotency.prune(session) == 0
    workshop.sql(
        "UPDATE idempotency_key SET created_at = now() - interval '25 hours' WHERE key = %s", tag
    )
    with workshop.database.transaction() as session:
        assert idempotency.prune(session) == 1
    ben("POST", "/widgets", {"name": tag}, status=201, Idempotency_Key=tag)
    assert count() == 2
