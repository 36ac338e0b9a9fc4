"""What people say about a record, to whom, and what is left when they take it back."""

import json

import pytest

from tests.service.served import ANNA, BEN, CLARA


@pytest.fixture
def comments(widget):
    return f"/widgets/{widget['id']}/comments"


def said(api, comments):
    return [each["body"] for each in api.get(comments)["items"]]


def notices(workshop, record_id):
    found = workshop.sql(
        "SELECT convert_from(body, 'UTF8') FROM outbox WHERE type LIKE '%%.notice.given.v1' "
        "ORDER BY seq"
    )
    events = [json.loads(body) for (body,) in found]
    return [event["data"] for event in events if event["subject"] == record_id]


def test_a_thread(ben, anna, clara, comments):
    first = ben("POST", comments, {"body": "  Will it hold?\n"}, status=201)
    answer = anna("POST", comments, {"body": "It will.", "parent_id": first["id"]}, status=201)
    last = ben("POST", comments, {"body": "Good.", "parent_id": answer["id"]}, status=201)
    assert first == {
        "id": first["id"],
        "thread_id": first["id"],
        "parent_id": None,
        "author_id": BEN,
        "author": "Ben",
        "body": "Will it hold?",
        "private": False,
        "mentions": [],
        "created_at": first["created_at"],
        "edited_at": None,
        "version": 1,
    }
    assert (last["thread_id"], last["parent_id"]) == (first["id"], answer["id"])
    page = ben.get(f"{comments}?limit=2")
    assert page["items"] == [last, answer]
    rest = ben.get(f"{comments}?limit=2&cursor={page['next_cursor']}")
    assert (rest["items"], rest["next_cursor"]) == ([first], None)
    assert ben.get(f"{comments}/{first['id']}") == first
    clara.get(comments, status=404)
    clara("POST", comments, {"body": "x"}, status=404)
    clara.get(f"{comments}/{first['id']}", status=404)


def test_what_is_no_comment(ben, comments, tag):
    elsewhere = f"/widgets/{ben.create('widgets', name=tag)['id']}/comments"
    other = ben("POST", elsewhere, {"body": "x"}, status=201)["id"]
    for parent in (other, "x", "01990000-0000-7000-8000-000000000001"):
        sent = {"body": "x", "parent_id": parent}
        assert ben.invalid("POST", comments, sent) == [("/parent_id", "dangling_link")]
    assert ben.invalid("POST", comments, {"body": " ", "private": "x", "z": 1}) == [
        ("/body", "required"),
        ("/private", "bool_type"),
        ("/z", "unknown_field"),
    ]
    assert ben.invalid("POST", comments, {"body": "x" * 10_001}) == [("/body", "too_long")]
    ben.get(f"{comments}/{other}", status=404)
    ben.get(f"{comments}/x", status=404)
    ben.get(f"{comments}?cursor=x", status=400)
    assert said(ben, comments) == []


def test_private_ones_are_read_by_their_author_who_is_above_and_who_is_mentioned(
    ben, anna, boss, clara, tag
):
    comments = f"/crates/{boss.create('crates', name=tag)['id']}/comments"
    sent = {"body": "Between us, @anna.", "private": True}
    first = boss("POST", comments, sent, status=201)["id"]
    ben("POST", comments, {"body": "A note of mine", "private": True}, status=201)
    reply = anna("POST", comments, {"body": "I see.", "parent_id": first}, status=201)
    assert reply["private"] is True
    assert said(boss, comments) == ["I see.", "A note of mine", "Between us, @anna."]
    assert said(anna, comments) == ["I see.", "A note of mine", "Between us, @anna."]
    assert said(ben, comments) == ["A note of mine"]
    assert said(clara, comments) == []
    clara.get(f"{comments}/{first}", status=404)
    history = ben.get(comments.replace("comments", "history"))["items"]
    assert [row["fact"] for row in history] == ["created"]


def test_only_the_author_edits_and_what_was_said_is_kept(ben, anna, comments):
    made = ben("POST", comments, {"body": "one"}, status=201)
    at = f"{comments}/{made['id']}"
    anna("PATCH", at, {"body": "x"}, status=403)
    assert ben.invalid("PATCH", at, {}) == [("/body", "required")]
    assert ben("PATCH", at, {"body": "one"}) == made
    assert ben("PATCH", at, {"body": "two"})["version"] == 2
    edited = ben("PATCH", at, {"body": "three"})
    assert (edited["body"], edited["version"], edited["created_at"]) == (
        "three",
        3,
        made["created_at"],
    )
    kept = anna.get(f"{at}/history")["items"]
    assert [(each["version"], each["body"]) for each in kept] == [(1, "one"), (2, "two")]
    assert kept[1]["at"] == edited["edited_at"]


def test_what_is_taken_back_is_gone_but_for_its_place(ben, anna, boss, comments):
    first = ben("POST", comments, {"body": "one"}, status=201)["id"]
    ben("PATCH", f"{comments}/{first}", {"body": "two"})
    answer = anna("POST", comments, {"body": "Oh", "parent_id": first}, status=201)["id"]
    anna("DELETE", f"{comments}/{first}", status=403)
    ben("DELETE", f"{comments}/{first}", status=204)
    ben("DELETE", f"{comments}/{first}", status=204)
    assert said(anna, comments) == ["Oh", None]
    assert ben.get(f"{comments}/{first}/history")["items"] == []
    ben("PATCH", f"{comments}/{first}", {"body": "back"}, status=404)
    deeper = ben("POST", comments, {"body": "Well", "parent_id": answer}, status=201)["id"]
    boss("DELETE", f"{comments}/{answer}", status=204)
    assert said(anna, comments) == ["Well", None, None]
    ben("DELETE", f"{comments}/{deeper}", status=204)
    assert said(anna, comments) == []


def test_they_are_history_and_events(workshop, ben, widget, comments):
    made = ben("POST", comments, {"body": "one"}, status=201)["id"]
    ben("PATCH", f"{comments}/{made}", {"body": "two"})
    ben("DELETE", f"{comments}/{made}", status=204)
    rows = ben.get(f"/widgets/{widget['id']}/history")["items"][:3]
    assert [(row["fact"], row["changes"]) for row in rows] == [
        ("comment_deleted", [{"field": "comments", "old": made, "new": None}]),
        ("comment_changed", [{"field": "comments", "old": made, "new": made}]),
        ("commented", [{"field": "comments", "old": None, "new": made}]),
    ]
    [(body,)] = workshop.sql(
        "SELECT convert_from(body, 'UTF8') FROM outbox WHERE type LIKE '%%.commented.v1' "
        "AND convert_from(body, 'UTF8') LIKE %s",
        f"%{made}%",
    )
    data = json.loads(body)["data"]
    assert data["comment"] == {
        "id": made,
        "parent_id": None,
        "author_id": BEN,
        "body": "one",
        "mentions": [],
    }
    assert data["record"]["version"] == 1


def test_who_is_mentioned_is_told_once_if_they_see_the_record(workshop, ben, widget, comments):
    body = "@Anna, @clara and @ben: ask a@boss or @nobody, @anna"
    made = ben("POST", comments, {"body": body}, status=201)
    assert [(m["user_id"], m["name"]) for m in made["mentions"]] == [
        (ANNA, "Anna"),
        (BEN, "Ben"),
        (CLARA, "Clara"),
    ]
    [told] = notices(workshop, widget["id"])
    assert told["user_id"] == ANNA
    assert (told["reason"], told["entity"], told["label"]) == (
        "mentioned",
        "widget",
        widget["name"],
    )
    assert (told["text"], told["number"]) == (body, widget["number"])
    assert [(each["fact"], each["actor_id"]) for each in told["happened"]] == [("commented", BEN)]
    ben("PATCH", f"{comments}/{made['id']}", {"body": "@anna @boss"})
    assert [n["reason"] for n in notices(workshop, widget["id"])] == ["mentioned", "mentioned"]
