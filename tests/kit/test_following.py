"""Who follows a record is told what others do to it; and everybody finds what they opened."""

from types import SimpleNamespace

import pytest

from crmkit.records.annotations import recent
from tests.eventually import eventually
from tests.kit.test_comments import notices
from tests.service.served import ANNA, BEN, BOSS, CLARA


def labels(page):
    return [item["label"] for item in page["items"]]


def test_stars_are_ones_own(ben, anna, clara, widget, tag):
    path, listed = f"/widgets/{widget['id']}", f"/widgets?filter[name]={tag}"
    clara("PUT", f"{path}/follow", status=404)
    for _ in range(2):
        anna("PUT", f"{path}/follow", status=204)
    other = anna.create("crates", name=tag)
    anna("PUT", f"/crates/{other['number']}/follow", status=204)
    for api, starred in ((anna, True), (ben, False)):
        assert api.get(f"{listed}&fields=starred")["items"][0]["starred"] is starred
        yes, no = (api.get(f"{listed}&filter[starred]={v}")["items"] for v in ("true", "false"))
        assert (len(yes), len(no)) == (int(starred), int(not starred))
        assert "starred" not in api.get(listed)["items"][0]
    first = anna.get("/followed?limit=1")
    assert [item["id"] for item in first["items"]] == [other["id"]]
    assert (
        anna.get(f"/followed?limit=1&cursor={first['next_cursor']}")["items"][0]["id"]
        == (widget["id"])
    )
    assert tag not in str(ben.get("/followed"))
    for _ in range(2):
        anna("DELETE", f"{path}/follow", status=204)
    assert labels(anna.get("/followed"))[0] == tag
    assert anna.get(f"{listed}&filter[starred]=true")["items"] == []
    assert ben.get("/widgets?filter[starred]=x", status=400)["errors"][0]["code"] == "invalid"


@pytest.fixture
def told(workshop, boss):
    """What each follower of a widget is told of it, once all of the others' writes are over."""

    def happened(record_id):
        boss("POST", "/widgets/followers/tell", status=204)
        found = {}
        for notice in notices(workshop, record_id):
            facts = [(each["fact"], each["actor_id"]) for each in notice["happened"]]
            found.setdefault(notice["user_id"], []).extend(facts)
        return found

    return lambda record_id, expected: eventually(lambda: happened(record_id), expected)


def test_followers_are_told_once_of_what_others_did(workshop, ben, anna, boss, widget, told):  # noqa: PLR0917
    path = f"/widgets/{widget['id']}"
    ben("PATCH", path, {"parts": 4})
    for api in (anna, ben, boss):
        api("PUT", f"{path}/follow", status=204)
    ben("PATCH", path, {"parts": 5, "notes": "n"})
    anna("PATCH", path, {"parts": 6})
    ben("POST", f"{path}/comments", {"body": "Look"}, status=201)
    expected = {
        ANNA: [("changed", BEN), ("commented", BEN)],
        BEN: [("changed", ANNA)],
        BOSS: [("changed", BEN), ("changed", ANNA), ("commented", BEN)],
    }
    told(widget["id"], expected)
    first = next(n for n in notices(workshop, widget["id"]) if n["user_id"] == ANNA)
    assert first["happened"][0]["fields"] == ["doubled", "notes", "parts"]
    assert (first["reason"], first["number"]) == ("followed", widget["number"])
    boss("DELETE", f"{path}/follow", status=204)
    anna("DELETE", path, status=204)
    expected[BEN].append(("deleted", ANNA))
    told(widget["id"], expected)


def test_nobody_is_told_of_what_they_no_longer_see(clara, anna, boss, tag, told):
    made = clara.create("widgets", name=tag)
    path = f"/widgets/{made['id']}"
    for api in (clara, boss):
        api("PUT", f"{path}/follow", status=204)
    anna("PATCH", path, {"owner_id": BEN})
    anna("PATCH", path, {"parts": 1})
    told(made["id"], {BOSS: [("changed", ANNA)] * 2})
    assert tag not in str(clara.get("/followed"))


def test_what_one_opened_last_comes_first(workshop, ben, anna, widget, tag):
    ids = [ben.create("widgets", name=f"{tag} {n}")["id"] for n in range(3)]

    def opened(api):
        found = api.get("/recent")["items"]
        return [item["id"] for item in found if tag in item["label"]]

    for position in (0, 1, 2, 0):
        ben.get(f"/widgets/{ids[position]}")
    eventually(lambda: opened(ben), [ids[0], ids[2], ids[1]])
    assert opened(anna) == []
    ben("DELETE", f"/widgets/{ids[2]}", status=204)
    assert opened(ben) == [ids[0], ids[1]]
    ben("PATCH", f"/widgets/{ids[0]}", {"owner_id": CLARA})
    assert opened(ben) == [ids[1]]


def test_no_more_than_fifty_are_kept(workshop, clara):
    made = [clara.create("widgets", name="x")["id"] for _ in range(2)]
    views = recent.Views()
    for number in range(recent.MOST + 5):
        views.note(CLARA, SimpleNamespace(name="widget"), f"01990000-0000-7000-8000-{number:012d}")
    for record_id in made:
        views.note(CLARA, SimpleNamespace(name="widget"), record_id)
    with workshop.database.transaction() as session:
        views.write(session)
        views.write(session)
    [(count,)] = workshop.sql("SELECT count(*) FROM recent_view WHERE user_id = %s", CLARA)
    assert count == recent.MOST
    found = [item["id"] for item in clara.get("/recent")["items"]]
    assert found[:2] == made[::-1]
