"""Who changed what and when: one row a write, newest first, and the event that tells of it."""

import json

import pytest

from tests.service.served import ANNA, BEN


@pytest.fixture
def history(anna, ben, widget):
    """Of a widget made by Ben, changed and painted by Anna, deleted and restored by Ben."""
    path = f"/widgets/{widget['id']}"
    anna("PATCH", path, {"parts": 4, "weight": "1.50", "notes": "n"}, X_Request_Id="request-1")
    anna("PATCH", path, {"parts": 4})
    anna("POST", f"{path}/paint", {"colour": "Sky, blue"})
    ben("DELETE", path, status=204)
    ben("POST", f"{path}/restore")
    return path


def test_every_write_is_kept_with_who_when_and_what(ben, history, tag):
    page = ben.get(f"{history}/history")
    assert page["next_cursor"] is None
    rows = page["items"]
    assert [(row["fact"], row["version"], row["actor_id"]) for row in rows] == [
        ("restored", 5, BEN),
        ("deleted", 4, BEN),
        ("painted", 3, ANNA),
        ("changed", 2, ANNA),
        ("created", 1, BEN),
    ]
    times = [row["at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert rows[0]["at"] == ben.get(history)["modified_at"]
    assert rows[3]["request_id"] == "request-1"
    assert [row["changes"] for row in rows[:3]] == [
        [],
        [],
        [{"field": "colour", "old": "Red", "new": "Sky, blue"}],
    ]
    changed = {row["field"]: (row["old"], row["new"]) for row in rows[3]["changes"]}
    assert changed == {
        "parts": (3, 4),
        "doubled": (6, 8),
        "notes": (None, "n"),
        "weight": (None, "1.50"),
    }
    first = {row["field"]: (row["old"], row["new"]) for row in rows[4]["changes"]}
    assert first["name"] == (None, tag)
    assert first["owner_id"] == (None, BEN)
    assert "code" not in first
    assert "id" not in first


def test_pages_of_history(ben, history):
    whole = ben.get(f"{history}/history")["items"]
    found, cursor = [], ""
    while cursor is not None:
        page = ben.get(f"{history}/history?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        found += page["items"]
        cursor = page["next_cursor"]
    assert found == whole


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", ""])
def test_an_odd_cursor_is_refused(ben, history, cursor):
    problem = ben.get(f"{history}/history?cursor={cursor}", status=400)
    assert problem["errors"][0]["pointer"] == "/cursor"


def test_a_cursor_past_everything_starts_at_the_newest(ben, history):
    assert len(ben.get(f"{history}/history?cursor={10**30}")["items"]) == 5


def test_history_is_seen_by_who_sees_the_record(anna, clara, history):
    assert len(anna.get(f"{history}/history")["items"]) == 5
    clara.get(f"{history}/history", status=404)


def test_each_write_tells_one_event_with_the_whole_record(workshop, ben, history, widget):
    found = workshop.sql(
        "SELECT convert_from(body, 'UTF8') FROM outbox ORDER BY seq",
    )
    events = [json.loads(body) for (body,) in found]
    events = [event for event in events if event["subject"] == widget["id"]]
    assert [(event["type"], event["sequence"]) for event in events] == [
        (f"crm.workshop.widget.{fact}.v1", f"{version:010d}")
        for version, fact in enumerate(
            ("created", "changed", "painted", "deleted", "restored"), start=1
        )
    ]
    stored = {name: value for name, value in widget.items() if name != "crated"}
    assert events[0]["data"]["record"] == stored
    assert events[0]["actor"] == BEN
    assert events[1]["requestid"] == "request-1"
    assert events[1]["data"]["changes"] == {
        "parts": [3, 4],
        "doubled": [6, 8],
        "notes": [None, "n"],
        "weight": [None, "1.50"],
    }
    assert events[2]["data"]["record"]["colour"] == "Sky, blue"
    assert [event["data"]["deleted"] for event in events] == [False, False, False, True, False]
    assert len({event["id"] for event in events}) == 5
