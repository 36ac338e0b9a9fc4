"""Cursors: every record once, whatever is equal, empty, long, or written in the meantime."""

import base64
import itertools
import json

import pytest


def pages(api, query, limit):
    """The ids of each page, to the last."""
    cursor = ""
    while cursor is not None:
        page = api.get(f"/widgets?{query}&limit={limit}&cursor={cursor}")
        yield [held["id"] for held in page["items"]]
        cursor = page["next_cursor"]


def every(api, query, limit):
    return [record_id for page in pages(api, query, limit) for record_id in page]


@pytest.fixture(scope="module")
def heap(workshop):
    """27 widgets: every combination of three values, with nothing among them, of three fields."""
    from tests.service.served import BEN  # noqa: PLC0415

    ben = workshop.as_(BEN)
    parent = ben.create("widgets", name="Heap")
    combinations = itertools.product((None, 1, 2), (None, "0.5", "7"), (None, "a ", "a"))
    for parts, weight, notes in combinations:
        ben.create(
            "widgets", name="x", parent_id=parent["id"], parts=parts, weight=weight, notes=notes
        )
    return f"filter[parent_id]={parent['id']}"


@pytest.mark.parametrize("limit", [1, 4, 9, 27])
@pytest.mark.parametrize(
    "order",
    [
        "",
        "parts",
        "-parts",
        "parts,weight",
        "-parts,weight",
        "parts,-weight",
        "-parts,-weight,-notes",
        "notes,parts,weight",
        "-notes,id",
        "active,-colour,made_on",
        "-seen_at,created_at",
        "owner_id,number",
    ],
)
def test_pages_put_together_are_the_whole_list(ben, heap, order, limit):
    whole = [held["id"] for held in ben.get(f"/widgets?{heap}&limit=200&sort={order}")["items"]]
    assert len(set(whole)) == 27
    assert every(ben, f"{heap}&sort={order}", limit) == whole


def test_only_the_last_page_has_no_cursor(ben, heap):
    assert [len(page) for page in pages(ben, heap, 10)] == [10, 10, 7]
    assert [len(page) for page in pages(ben, heap, 9)] == [9, 9, 9]
    assert ben.get(f"/widgets?{heap}&filter[parts]=99") == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("order", ["name", "-name", "parts", "-id", "id"])
def test_what_is_written_meanwhile_repeats_and_loses_nothing(ben, tag, order):
    def add(number):
        return ben.create("widgets", name=f"{tag} {number % 5}", parts=number % 3)["id"]

    before = {add(number) for number in range(11)}
    seen = []
    for page in pages(ben, f"filter[name][starts_with]={tag}&sort={order}", 3):
        seen += page
        for number in range(3):
            if len(seen) < 40:
                add(number)
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_a_record_deleted_meanwhile_does_not_shift_the_others(ben, tag):
    ids = [ben.create("widgets", name=tag)["id"] for _ in range(6)]
    found = pages(ben, f"filter[name]={tag}&sort=id", 2)
    assert next(found) == ids[:2]
    ben("DELETE", f"/widgets/{ids[0]}", status=204)
    ben("DELETE", f"/widgets/{ids[1]}", status=204)
    assert list(found) == [ids[2:4], ids[4:6]]


def test_long_and_odd_texts_are_paged_by_too(ben, tag):
    texts = ["é" * 3000, "e" * 3000, " e", "e ", "e", "中文", "\n", '"', "\\", "%", "🚀"]
    ids = {ben.create("widgets", name=tag, notes=text)["id"] for text in texts}
    found = every(ben, f"filter[name]={tag}&sort=notes", 1)
    assert len(found) == len(texts)
    assert set(found) == ids


def _cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%F0%9F%9A%80",
        _cursor(),
        _cursor("parts,id"),
        _cursor("parts,id", 1),
        _cursor("-parts,-id", 1, "01990000-0000-7000-8000-000000000001"),
        _cursor("parts,id", 1, "x"),
        _cursor("parts,id", 1, 7),
        _cursor("parts,id", {}, "01990000-0000-7000-8000-000000000001"),
        _cursor("parts,id", "\x00", "01990000-0000-7000-8000-000000000001"),
        _cursor("parts,id", 10**30, "01990000-0000-7000-8000-000000000001"),
        _cursor({"parts": 1}),
    ],
)
def test_a_cursor_of_another_list_is_refused(ben, cursor):
    problem = ben.get(f"/widgets?sort=parts&cursor={cursor}", status=400)
    assert [error["pointer"] for error in problem["errors"]] == ["/cursor"]


@pytest.mark.parametrize("value", ["\x00", 7, {}, ["x"], True])
def test_a_forged_text_is_refused(ben, value):
    cursor = _cursor("notes,id", value, "01990000-0000-7000-8000-000000000001")
    ben.get(f"/widgets?sort=notes&cursor={cursor}", status=400)
