"""Records under another system's keys: an import that is repeated changes nothing."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.service.served import BEN


@pytest.fixture
def put(ben, tag):
    """Upsert under a key of this test; the outcome and the record."""

    def send(plural="widgets", /, *, by=ben, **body):
        answer = by.ask("PUT", f"/{plural}/external/legacy/{tag}", body)
        assert answer.status_code in {200, 201}, answer.text
        assert (answer.status_code == 201) == (answer.headers["Tandem-Outcome"] == "created")
        assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
        return answer.headers["Tandem-Outcome"], answer.json()

    return send


def test_created_then_unchanged_then_changed(workshop, ben, put, tag):
    outcome, made = put(name=tag, parts=3, weight="1.50", notes="")
    assert (outcome, made["source"], made["version"]) == ("created", "IMPORT", 1)
    assert put(name=f" {tag} ", parts="3", weight="1.5", notes=None) == ("unchanged", made)
    assert put(parts=3) == ("unchanged", made)
    outcome, changed = put(parts=4)
    assert (outcome, changed["parts"], changed["name"], changed["version"]) == (
        "changed",
        4,
        tag,
        2,
    )
    assert ben.get(f"/widgets/external/legacy/{tag}") == changed
    facts = [told.split(".")[3] for told in workshop.told(made["id"])]
    assert facts == ["created", "changed"]


def test_lines_repeated_keep_their_ids(put, widget):
    lines = [{"widget_id": widget["id"], "quantity": q, "fragile": True} for q in ("1", "2")]
    _, made = put("crates", name="x", lines=lines)
    assert put("crates", name="x", lines=lines) == ("unchanged", made)
    outcome, changed = put("crates", name="x", lines=[lines[0], lines[1] | {"quantity": "3"}])
    assert outcome == "changed"
    assert [line["id"] for line in changed["lines"]] == [line["id"] for line in made["lines"]]
    outcome, shorter = put("crates", name="x", lines=lines[:1])
    assert (outcome, shorter["lines"]) == ("changed", made["lines"][:1])


def test_sources_and_entities_have_keys_of_their_own(ben, tag):
    ids = {
        ben("PUT", f"/{plural}/external/{source}/{tag}", {"name": "x"}, status=201)["id"]
        for plural, source in (("widgets", "a"), ("widgets", "b"), ("crates", "a"))
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    "key",
    [
        "ALFKI",
        "10248-11",
        "Émile & Söhne",
        "北京",
        "a.b:c@d+e",
        "x" * 255,
        "10%2F248",
        "%2F",
        "https:%2F%2Fa%3Fb%2f",
        "100%252F",
    ],
)
def test_keys_are_what_other_systems_use(ben, tag, key):
    path = f"/widgets/external/{tag}/{key}"
    made = ben("PUT", path, {"name": "x"}, status=201)
    assert ben("PUT", path, {"name": "x"}) == made


def test_what_is_wrong_creates_nothing(ben, tag):
    path = f"/widgets/external/legacy/{tag}"
    assert ben.invalid("PUT", path, {"parts": -1, "x": 1}) == [
        ("/name", "required"),
        ("/parts", "greater_than_equal"),
        ("/x", "unknown_field"),
    ]
    ben.get(path, status=404)
    ben("PUT", path, {"name": "x"}, status=201)
    assert ben.invalid("PUT", path, {"parts": 13}) == [("/parts", "unlucky")]
    assert ben.invalid("PUT", path, {"name": None}) == [("/name", "string_type")]
    for odd in (f"{'x' * 256}/k", f"s/{'x' * 256}"):
        assert ben("PUT", f"/widgets/external/{odd}", {"name": "x"}, status=400)["code"] == (
            "key_too_long"
        )


def test_what_people_deleted_stays_deleted(ben, put, tag):
    _, made = put(name=tag)
    ben("DELETE", f"/widgets/{made['id']}", status=204)
    path = f"/widgets/external/legacy/{tag}"
    problem = ben("PUT", path, {"name": "back"}, status=409)
    assert (problem["code"], problem["record_id"]) == ("record_deleted", made["id"])
    ben.get(path, status=404)
    ben("POST", f"/widgets/{made['id']}/restore")
    assert put(name="back")[0] == "changed"


def test_it_opens_no_door(ben, clara, boss, put, tag):
    put(name=tag, parts=3)
    path = f"/widgets/external/legacy/{tag}"
    for body in ({"parts": 3}, {"parts": 4}):
        clara("PUT", path, body, status=404)
    clara.get(path, status=404)
    rule = f"/rules/external/legacy/{tag}"
    ben("PUT", rule, {"text": "x"}, status=403)
    boss("PUT", rule, {"text": "x"}, status=201)
    for body in ({"text": "y"}, {"text": 7}, {"no such field": 1}):
        ben("PUT", rule, body, status=403)
    boss("PUT", rule, {"text": 7}, status=422)
    assert ben.get(rule)["text"] == "x"


def test_20_at_once_make_one_record(workshop, ben, tag, held_up):
    path = f"/widgets/external/legacy/{tag}"

    def send(position):
        return workshop.as_(BEN).ask("PUT", path, {"name": tag, "parts": position % 2})

    with ThreadPoolExecutor(20) as pool:
        with held_up(until=2):
            sent = [pool.submit(send, position) for position in range(20)]
        answers = [each.result() for each in sent]
    assert {answer.status_code for answer in answers} == {200, 201}
    outcomes = Counter(answer.headers["Tandem-Outcome"] for answer in answers)
    assert outcomes["created"] == 1
    assert len({answer.json()["id"] for answer in answers}) == 1
    record = ben.get(path)
    assert record["version"] == 1 + outcomes["changed"]
    named = ben.get(f"/widgets?filter[name]={tag}&count=exact")["count"]
    assert named == 2  # with the fixture's
