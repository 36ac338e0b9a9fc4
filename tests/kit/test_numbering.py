"""Numbers without gaps, however many are made at once and whichever of them fail."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.service.served import BEN


def number_of(record):
    return int(record["number"].removeprefix("WID"))


def test_numbers_follow_each_other(ben):
    first, second = (ben.create("widgets", name="x") for _ in range(2))
    assert number_of(second) == number_of(first) + 1


def test_each_entity_counts_for_itself(workshop, ben, boss):
    before = number_of(ben.create("widgets", name="x"))
    crates = [ben.create("crates", name="x")["number"] for _ in range(2)]
    assert int(crates[1].removeprefix("CRA")) == int(crates[0].removeprefix("CRA")) + 1
    assert number_of(ben.create("widgets", name="x")) == before + 1
    assert boss.create("rules", text="has no prefix")["number"] is None


def test_a_refused_record_uses_no_number(ben, tag):
    before = number_of(ben.create("widgets", name="x", code=tag))
    ben.invalid("POST", "/widgets", {"name": "y", "code": tag})
    ben.invalid("POST", "/widgets", {"name": "y", "parts": 13})
    assert number_of(ben.create("widgets", name="x")) == before + 1


def test_32_at_once_of_which_some_fail_leave_no_gap(workshop, ben, tag, held_up):
    before = number_of(ben.create("widgets", name="x", code=tag))

    def make(position):
        bodies = (
            {"name": tag},
            {"name": tag, "code": tag},
            {"name": tag, "parts": 13},
            {"name": tag},
        )
        return workshop.as_(BEN).ask("POST", "/widgets", bodies[position % 4])

    with ThreadPoolExecutor(32) as pool:
        with held_up(until=8):
            sent = [pool.submit(make, position) for position in range(128)]
        answers = [each.result() for each in sent]
    assert Counter(answer.status_code for answer in answers) == {201: 64, 422: 64}
    made = [number_of(answer.json()) for answer in answers if answer.status_code == 201]
    assert sorted(made) == list(range(before + 1, before + 65))
