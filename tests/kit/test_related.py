"""What belongs to a record: what points at it, what is linked to it, and what rolls up to it."""

import json

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import BEN, record


@pytest.fixture
def at(widget):
    return f"/widgets/{widget['id']}/related"


def ids(page):
    return [item["id"] for item in page["items"]]


def counts(api, at):
    return {each["name"]: each["count"] for each in api.get(at)["items"]}


@pytest.fixture
def gizmo(workshop, tag):
    """Another service's gizmo, by its id; with a name that differs in each test."""

    def make(part_of=None):
        new = new_id()
        about = {"name": tag, "number": None, "part_of_id": part_of}
        told = record("crm.elsewhere.gizmo.created.v1", new, **about)
        assert workshop.hear("links", told) == ["applied"]
        return new

    return make


def test_what_points_at_it_is_listed_filtered_sorted_and_counted(ben, anna, clara, widget, at, tag):  # noqa: PLR0917
    first, second = (
        ben.create("widgets", name=f"{tag} {n}", parent_id=widget["id"])["id"] for n in (1, 2)
    )
    grandchild = ben.create("widgets", name=f"{tag} 3", parent_id=first)["id"]
    ben.create("widgets", name=tag)
    crate = ben.create("crates", name=tag, lines=[{"widget_id": second, "quantity": 1}])["id"]
    assert counts(ben, at)["widgets"] == 3
    page = ben.get(f"{at}/widgets?sort=name&fields=name&count=exact")
    assert [item["name"] for item in page["items"]] == [f"{tag} {n}" for n in (1, 2, 3)]
    assert page["count"] == 3
    assert ids(ben.get(f"{at}/widgets?filter[parent_id]={first}")) == [grandchild]
    assert ids(ben.get(f"{at}/crates")) == [crate]
    part = ben.get(f"{at}/widgets?sort=name&limit=2")
    rest = ben.get(f"{at}/widgets?sort=name&limit=2&cursor={part['next_cursor']}")
    assert ids(part) + ids(rest) == [first, second, grandchild]
    for api, path, status in (
        (clara, at, 404),
        (clara, f"{at}/widgets", 404),
        (ben, f"{at}/rules", 404),
        (ben, f"{at}/nothing", 404),
        (ben, f"{at}/widgets?x=1", 400),
    ):
        api.get(path, status=status)
    ben("PATCH", f"/widgets/{second}", {"owner_id": BEN})
    ben("DELETE", f"/widgets/{second}", status=204)
    assert counts(anna, at)["widgets"] == 2


def test_only_what_one_sees_is_in_a_list(anna, clara, boss, tag):
    crate = boss.create("crates", name=tag)["id"]
    made = anna.create("widgets", name=tag)["id"]
    anna("PUT", f"/crates/{crate}/related/widgets/{made}", status=204)
    for api, seen in ((anna, [made]), (boss, [made]), (clara, [])):
        assert ids(api.get(f"/crates/{crate}/related/widgets")) == seen
        assert counts(api, f"/crates/{crate}/related")["widgets"] == len(seen)


def test_lists_say_what_can_be_done_with_them(ben, at):
    lists = {each.pop("name"): each for each in ben.get(at)["items"]}
    assert lists == {
        "widgets": {
            "entity": "widget",
            "label": "Widgets",
            "add": "parent_id",
            "select": False,
            "roles": [],
            "count": 0,
        },
        "crates": {
            "entity": "crate",
            "label": "Crates",
            "add": "lid_id",
            "select": True,
            "roles": ["Spare", "Sample"],
            "count": 0,
        },
    }


def test_a_link_is_seen_from_both_sides_and_ended_from_either(  # noqa: PLR0917
    workshop, ben, clara, widget, at, tag
):
    crate = ben.create("crates", name=tag)
    path = f"{at}/crates/{crate['number']}"
    clara("PUT", path, status=404)
    assert ben.invalid("PUT", path, {"role": "Boss"}) == [("/role", "unknown_value")]
    for role in ("Spare", "Spare", "Sample"):
        ben("PUT", path, {"role": role}, status=204)
    [item] = ben.get(f"{at}/crates")["items"]
    assert (item["id"], item["linked"]["role"], item["linked"]["by"]) == (
        crate["id"],
        "Sample",
        BEN,
    )
    there = f"/crates/{crate['id']}/related/widgets"
    assert ids(ben.get(there)) == [widget["id"]]
    assert ids(clara.get(there)) == []
    ben("DELETE", f"{there}/{widget['id']}", status=204)
    ben("DELETE", f"{there}/{widget['id']}", status=404)
    assert ids(ben.get(there)) == ids(ben.get(f"{at}/crates")) == []
    ben.get(f"/widgets/{widget['id']}")
    for plural, mine, entity, other in (
        ("widgets", widget["id"], "crate", crate["id"]),
        ("crates", crate["id"], "widget", widget["id"]),
    ):
        rows = ben.get(f"/{plural}/{mine}/history")["items"]
        roles = [(row["fact"], row["changes"][0]) for row in rows[:3]]
        linked = {"entity": entity, "id": other}
        assert roles == [
            ("unlinked", {"field": "links", "old": linked | {"role": None}, "new": None}),
            ("linked", {"field": "links", "old": None, "new": linked | {"role": "Sample"}}),
            ("linked", {"field": "links", "old": None, "new": linked | {"role": "Spare"}}),
        ]
        facts = [told.split(".")[3] for told in workshop.told(mine)]
        assert facts == ["created", "linked", "linked", "unlinked"]


def test_what_is_not_linked_by_hand(ben, at, widget, tag):
    other = ben.create("widgets", name=tag)["id"]
    ben("PUT", f"{at}/widgets/{other}", status=404)
    ben("DELETE", f"{at}/widgets/{other}", status=404)
    ben("PUT", f"{at}/crates/{other}", status=404)
    ben("DELETE", f"{at}/crates/CRA0", status=404)


def test_lists_of_another_services_records(workshop, ben, clara, widget, gizmo, tag):  # noqa: PLR0917
    parent, lone = gizmo(), gizmo()
    part = gizmo(part_of=parent)
    at = f"/related/gizmo/{parent}"
    pointing = ben.create("widgets", name=tag, gizmo_id=parent)["id"]
    within = ben.create("widgets", name=tag, gizmo_id=part)["id"]
    ben.create("widgets", name=tag, gizmo_id=lone)
    ben("PUT", f"{at}/widgets/{widget['number']}", status=204)
    clara("PUT", f"{at}/widgets/{pointing}", status=404)
    assert ids(ben.get(f"{at}/widgets?sort=id")) == [widget["id"], pointing, within]
    assert counts(ben, at) == {"widgets": 3}
    assert counts(clara, at) == {"widgets": 0}
    assert ben.get(f"{at}/widgets?filter[name]=x")["items"] == []
    ben.get("/related/gizmo/GAD1/widgets", status=404)
    ben.get(f"{at}/crates", status=404)
    ben.get(f"/related/user/{BEN}/widgets", status=404)
    sent = ben.invalid("PUT", f"/related/gizmo/{new_id()}/widgets/{widget['id']}")
    assert sent == [("/id", "dangling_link")]
    ben("DELETE", f"{at}/widgets/{widget['id']}", status=204)
    assert ids(ben.get(f"{at}/widgets?sort=id")) == [pointing, within]


def hear_link(api, event_type, subject, **data):
    heard = {"type": event_type, "subject": subject, "data": data}
    api("POST", "/widgets/links/hear", heard, status=204)


def link(widget, gizmo, stamp, *, linked=True):
    """What the gizmos' service tells of a link."""
    return {
        "record_id": gizmo,
        "other_id": widget["id"],
        "entity": "gizmo",
        "other_entity": "widget",
        "role": None,
        "linked": linked,
        "stamp": f"01990000-0000-7000-8000-0000000000{stamp:02d}",
        "at": "2026-01-01T00:00:00Z",
        "by": BEN,
    }


def test_the_other_sides_links_are_followed_the_youngest_word_holds(ben, widget, gizmo):
    other = gizmo()
    at = f"/related/gizmo/{other}/widgets"

    def hear(stamp, *, linked):
        fact = "linked" if linked else "unlinked"
        told = link(widget, other, stamp, linked=linked)
        hear_link(ben, f"crm.elsewhere.gizmo.{fact}.v1", other, link=told)
        return ids(ben.get(at))

    assert hear(5, linked=True) == [widget["id"]]
    assert hear(3, linked=False) == [widget["id"]]
    assert hear(5, linked=True) == [widget["id"]]
    assert hear(7, linked=False) == []
    assert hear(6, linked=True) == []
    rows = ben.get(f"/widgets/{widget['id']}/history")["items"]
    assert [row["fact"] for row in rows] == ["unlinked", "linked", "created"]
    assert hear(8, linked=True) == [widget["id"]]
    hear_link(ben, "crm.elsewhere.gizmo.purged.v1", other, deleted=True)
    assert ids(ben.get(at)) == []


def test_its_own_telling_of_a_link_changes_nothing(workshop, ben, widget, at, tag):
    crate = ben.create("crates", name=tag)["id"]
    ben("PUT", f"{at}/crates/{crate}", status=204)
    found = workshop.sql(
        "SELECT convert_from(body, 'UTF8') FROM outbox WHERE type LIKE '%%.linked.v1' "
        "AND convert_from(body, 'UTF8') LIKE %s",
        f"%{crate}%",
    )
    events = [json.loads(body) for (body,) in found]
    assert len(events) == 2
    for told in events:
        hear_link(ben, told["type"], told["subject"], **told["data"])
    assert len(workshop.told(crate)) == 2


def test_rights_on_a_record(ben, clara, boss, widget, tag):
    found = ben.get(f"/widgets/{widget['number']}/rights")
    assert found["id"] == widget["id"]
    verbs = {verb for verb, allowed in found["rights"].items() if allowed}
    assert {"view", "edit", "delete", "paint"} <= verbs
    assert found["rights"]["purge"] is False
    clara.get(f"/widgets/{widget['id']}/rights", status=404)
    rule = boss.create("rules", text=tag)["id"]
    assert ben.get(f"/rules/{rule}/rights")["rights"]["edit"] is False
