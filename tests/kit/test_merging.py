"""Several records that are one become one: what each was stays reachable, and it can be undone."""

import json
import uuid

import pytest

from crmkit.records.relations import record_links
from crmkit.unit_of_work import new_id
from tests.eventually import eventually
from tests.service.served import BEN, record


@pytest.fixture
def make(ben, tag):
    """A widget of Ben's."""

    def create(**values):
        return ben.create("widgets", **{"name": tag, **values})

    return create


def at(widget, *more):
    return "/".join(["/widgets", widget["id"], *more])


def merge(api, survivor, *losers, status=200, **wish):
    body = {"losers": [loser["id"] for loser in losers], **wish}
    return api("POST", at(survivor, "merge"), body, status=status)


def facts(workshop, subject):
    """What was told of the record: fact, deleted, who was merged."""
    rows = workshop.sql("SELECT convert_from(body, 'UTF8') FROM outbox ORDER BY seq")
    told = [json.loads(body) for (body,) in rows]
    return [
        (e["type"].split(".")[3], e["data"]["deleted"], e["data"].get("merge"))
        for e in told
        if e["subject"] == subject
    ]


def test_the_survivor_has_the_values_that_were_chosen(ben, make, tag):
    survivor = make(parts=1, weight="1.5", made_on="2025-01-02", seen_at="2025-01-02T03:04:05Z")
    first = make(parts=2, weight="2.5", code=tag, sizes=[{"name": "S", "millimetres": 3}])
    second = make(parts=3, email="a@example.com", made_on="2025-02-03")
    took = merge(
        ben,
        survivor,
        first,
        second,
        values={"notes": "one", "weight": "9.125"},
        take={
            "code": first["id"],
            "sizes": first["id"],
            "parts": survivor["id"],
            "made_on": second["id"],
            "seen_at": second["id"],
        },
    )
    expected = {
        "parts": 1,
        "doubled": 2,
        "weight": "9.125",
        "notes": "one",
        "code": tag,
        "sizes": first["sizes"],
        "made_on": "2025-02-03",
        "seen_at": None,
        "email": None,
        "version": 2,
    }
    assert {name: took[name] for name in expected} == expected
    undone = ben("POST", at(survivor, "unmerge"))
    ignored = {"version": 3, "modified_at": undone["modified_at"]}
    assert undone == survivor | ignored
    for loser in (first, second):
        back = ben.get(at(loser))
        assert back == loser | {"version": 3, "modified_at": back["modified_at"]}


def test_the_losers_go_on_answering_for_the_survivor(ben, clara, make, tag):
    survivor, loser, last = make(), make(), make()
    merge(ben, survivor, loser)
    merge(ben, last, survivor)
    for key in (loser["id"], loser["number"], survivor["id"]):
        for more, query in (("", ""), ("/history", "?limit=1")):
            answer = ben.ask("GET", f"/widgets/{key}{more}{query}")
            assert answer.status_code == 308
            expected = f"/api/v1/widgets/{last['id']}{more}{query}"
            assert answer.headers["Location"] == expected
            assert answer.json()["survivor_id"] == last["id"]
    changed = ben.ask("PATCH", at(loser), {"parts": 1})
    assert changed.status_code == 308
    clara.get(at(loser), status=404)
    assert ben.refused("POST", at(loser, "restore")) == "merged"
    assert ben.get(f"/widgets?filter[name]={tag}&fields=id")["items"] == [{"id": last["id"]}]
    assert ben.get(f"/widgets/bin?q={tag}")["items"] == []
    facts_of_all = [row["fact"] for row in ben.get(at(last, "history"))["items"]]
    assert sorted(facts_of_all) == ["created"] * 3 + ["merged"] * 4


def test_what_pointed_at_the_losers_points_at_the_survivor(workshop, ben, make, tag):
    survivor, loser = make(), make()
    child, moved, gone = (make(parent_id=loser["id"]) for _ in range(3))
    ben("DELETE", at(gone), status=204)
    crate = ben.create(
        "crates",
        name="x",
        lid_id=loser["id"],
        lines=[{"widget_id": w["id"], "quantity": "1"} for w in (loser, survivor)],
    )
    ben("PATCH", at(survivor), {"parent_id": loser["id"]})
    source = f"/widgets/external/{tag}/1"
    keyed = ben("PUT", source, {"name": tag}, status=201)
    merge(ben, survivor, loser, keyed)
    assert ben.get(at(child))["parent_id"] == survivor["id"]
    assert ben.get(at(survivor))["parent_id"] is None
    packed = ben.get(f"/crates/{crate['id']}")
    assert (packed["lid_id"], packed["version"]) == (survivor["id"], 2)
    assert [line["widget_id"] for line in packed["lines"]] == [survivor["id"]] * 2
    assert [line["id"] for line in packed["lines"]] == [line["id"] for line in crate["lines"]]
    assert ben.get(source)["id"] == survivor["id"]
    ben("PATCH", at(moved), {"parent_id": None})
    ben("POST", at(survivor, "unmerge"))
    assert ben.get(at(child))["parent_id"] == loser["id"]
    assert ben.get(at(survivor))["parent_id"] == loser["id"]
    assert ben.get(at(moved))["parent_id"] is None
    assert ben("POST", at(gone, "restore"))["parent_id"] == loser["id"]
    packed = ben.get(f"/crates/{crate['id']}")
    assert [line["widget_id"] for line in packed["lines"]] == [loser["id"], survivor["id"]]
    assert ben.get(source)["id"] == keyed["id"]
    assert workshop.sql("SELECT 1 FROM moved_reference WHERE target_id = %s", loser["id"]) == []


def test_what_hung_on_the_losers_hangs_on_the_survivor(ben, anna, make, tag):
    survivor, loser = make(), make()
    for widget, words in ((survivor, ["both"]), (loser, ["both", "its own"])):
        for word in words:
            ben("PUT", at(widget, "tags", f"{tag} {word}"), {"visibility": "shared"}, status=204)
    ben("POST", at(survivor, "comments"), {"body": "first"}, status=201)
    ben("POST", at(loser, "comments"), {"body": "second"}, status=201)
    anna("PUT", at(loser, "follow"), status=204)

    def hanging(widget):
        tags = [each["name"] for each in ben.get(at(widget, "tags"))["items"]]
        said = [each["body"] for each in ben.get(at(widget, "comments"))["items"]]
        stars = [each["id"] for each in anna.get("/followed")["items"]]
        return sorted(tags), sorted(said), widget["id"] in stars

    before = hanging(survivor), hanging(loser)
    assert before == (
        ([f"{tag} both"], ["first"], False),
        ([f"{tag} both", f"{tag} its own"], ["second"], True),
    )
    merge(ben, survivor, loser)
    assert hanging(survivor) == (
        [f"{tag} both", f"{tag} its own"],
        ["first", "second"],
        True,
    )
    ben("POST", at(survivor, "unmerge"))
    assert (hanging(survivor), hanging(loser)) == before


def test_what_was_linked_to_the_losers_by_hand_is_linked_to_the_survivor(workshop, ben, make, tag):
    survivor, first, second = make(), make(), make()
    own, both, many, ended = (ben.create("crates", name=f"{tag} {n}") for n in range(4))
    gizmo = new_id()
    told = record("crm.elsewhere.gizmo.created.v1", gizmo, name=tag, number=None)
    assert workshop.hear("links", told) == ["applied"]

    def link(widget, crate, role=None):
        path = at(widget, "related/crates", crate["id"])
        ben("PUT", path, {"role": role}, status=204)

    def linked(widget):
        items = ben.get(at(widget, "related/crates?sort=name"))["items"]
        return [(item["name"], item["linked"]) for item in items]

    def other_halves():
        crates = [f"/crates/{each['id']}/related" for each in (own, both, many, ended)]
        pages = [ben.get(f"{path}/widgets") for path in (*crates, f"/related/gizmo/{gizmo}")]
        return [{item["id"] for item in page["items"]} for page in pages]

    def halves():
        return [linked(widget) for widget in (survivor, first, second)], other_halves()

    link(survivor, own)
    link(survivor, both, "Spare")
    link(first, both, "Sample")
    link(first, many, "Sample")
    link(first, ended)
    link(second, many)
    ben("DELETE", at(first, "related/crates", ended["id"]), status=204)
    ben("PUT", f"/related/gizmo/{gizmo}/widgets/{second['id']}", status=204)
    before = halves()
    merge(ben, survivor, first, second)
    assert linked(survivor) == [*before[0][0], before[0][1][1]]
    seen = {survivor["id"]}
    assert other_halves() == [seen, seen, seen, set(), seen]
    half = "SELECT record_id, other_id, linked FROM record_link WHERE other_id = %s"
    assert (many["id"], survivor["id"], True) in workshop.sql(half, survivor["id"])
    assert facts(workshop, survivor["id"])[-2:] == [("linked", False, None)] * 2
    assert facts(workshop, first["id"])[-1][:2] == ("merged", True)
    ben("POST", at(survivor, "unmerge"))
    assert halves() == before
    assert facts(workshop, survivor["id"])[-2:] == [("unlinked", False, None)] * 2


def test_a_link_made_anew_since_stays_when_it_is_undone(ben, make, tag):
    survivor, loser, crate = make(), make(), ben.create("crates", name=tag)
    for widget in (loser, survivor):
        path = at(widget, "related/crates", crate["id"])
        ben("PUT", path, {"role": "Spare"}, status=204)
        if widget is loser:
            merge(ben, survivor, loser)
            ben("PUT", at(survivor, "related/crates", crate["id"]), status=204)
    ben("POST", at(survivor, "unmerge"))
    for widget in (loser, survivor):
        [item] = ben.get(at(widget, "related/crates"))["items"]
        assert item["linked"]["role"] == "Spare"


def test_many_links_follow_as_a_job(workshop, ben, make, tag):
    survivor, loser = make(), make()
    count = 2 * record_links.MOST_AT_ONCE + 1
    workshop.sql(
        "WITH made AS (INSERT INTO crate (id, version, created_at, modified_at, created_by, "
        "modified_by, source, custom, name) SELECT gen_random_uuid(), 1, now(), now(), %s, %s, "
        "'API', '{}', %s FROM generate_series(1, %s) RETURNING id) "
        "INSERT INTO record_link SELECT side.*, NULL, true, %s, now(), %s FROM made, LATERAL ("
        "VALUES (%s, id, 'widget', 'crate'), (id, %s, 'crate', 'widget')) AS side",
        *(BEN, BEN, tag, count, new_id(), BEN, loser["id"], loser["id"]),
    )

    def linked(widget):
        [row] = workshop.sql(
            "SELECT count(*) FILTER (WHERE record_id = %s), count(*) FILTER (WHERE other_id = %s) "
            "FROM record_link WHERE linked",
            *(widget["id"], widget["id"]),
        )
        return row

    merge(ben, survivor, loser)
    eventually(lambda: linked(survivor) == (count, count))
    ben("POST", at(survivor, "unmerge"))
    eventually(lambda: linked(survivor) == (0, 0))
    assert linked(loser) == (count, count)


def test_values_changed_since_stay_when_it_is_undone(ben, make):
    survivor, loser = make(parts=1, notes="a"), make(parts=2, notes="b")
    merge(ben, survivor, loser, take={"parts": loser["id"], "notes": loser["id"]})
    ben("PATCH", at(survivor), {"notes": "c"})
    undone = ben("POST", at(survivor, "unmerge"))
    assert (undone["parts"], undone["notes"]) == (1, "c")
    assert ben.refused("POST", at(survivor, "unmerge")) == "not_merged"


def test_it_can_be_undone_for_thirty_days(workshop, ben, make):
    survivor, loser = make(), make()
    merge(ben, survivor, loser)
    age = "UPDATE merge SET at = at - interval '30 days' WHERE survivor_id = %s"
    workshop.sql(age, survivor["id"])
    assert ben.refused("POST", at(survivor, "unmerge")) == "merge_too_old"


def test_it_is_told_by_the_survivor_and_by_each_loser(workshop, ben, make):
    survivor, loser = make(), make()
    merge(ben, survivor, loser)
    ben("POST", at(survivor, "unmerge"))
    who = {"survivor_id": survivor["id"], "loser_ids": [loser["id"]]}
    assert facts(workshop, survivor["id"]) == [
        ("created", False, None),
        ("merged", False, who),
        ("unmerged", False, who),
    ]
    assert facts(workshop, loser["id"]) == [
        ("created", False, None),
        ("merged", True, who),
        ("unmerged", False, who),
    ]


def test_a_merge_repeated_changes_nothing(ben, make):
    survivor, loser = make(), make()
    first = merge(ben, survivor, loser)
    assert merge(ben, survivor, loser) == first


def test_every_bad_loser_and_value_is_named(ben, clara, make, tag):
    survivor, loser, other = make(), make(), make()
    merge(ben, other, loser)
    hers = clara.create("widgets", name="hers")
    path = at(survivor, "merge")

    def wrong(**body):
        return ben.invalid("POST", path, body)

    assert wrong(losers=[survivor["id"], loser["id"]]) == [
        ("/losers/0", "same_record"),
        ("/losers/1", "merged"),
    ]
    assert wrong(losers=[hers["id"], str(uuid.UUID(int=1))]) == [
        ("/losers/0", "not_found"),
        ("/losers/1", "not_found"),
    ]
    assert wrong(losers=[]) == [("/losers", "too_short")]
    assert wrong(losers=[other["id"]], values={"parts": "x", "parent_id": tag}) == [
        ("/values/parts", "int_parsing"),
        ("/values/parent_id", "invalid"),
    ]
    bad = {"name": hers["id"], "number": other["id"], "parts": other["id"]}
    assert wrong(losers=[other["id"]], values={"parts": 1}, take=bad) == [
        ("/take/name", "unknown_value"),
        ("/take/number", "unknown_field"),
        ("/take/parts", "unexpected_value"),
    ]
    assert wrong(losers=[other["id"]], values={"parts": 13}) == [("/parts", "unlucky")]
    clara("POST", path, {"losers": [hers["id"]]}, status=404)
    assert ben.get(at(other))["version"] == 2


def test_what_stands_against_it(ben, make):
    survivor, loser, between = make(), make(colour="Green"), make()
    assert merge(ben, survivor, loser, status=409)["code"] == "green"
    ben("PATCH", at(loser), {"colour": "Red"})
    ben("PATCH", at(between), {"parent_id": loser["id"]})
    ben("PATCH", at(survivor), {"parent_id": between["id"]})
    assert merge(ben, survivor, loser, status=409)["code"] == "circle"
    assert ben.get(at(loser))["version"] == 2
    crate = ben.create("crates", name="x")
    ben("POST", f"/crates/{crate['id']}/merge", {"losers": [crate["id"]]}, status=405)


def test_merged_records_are_purged_with_their_survivor(workshop, boss, ben, make):
    survivor, loser = make(), make()
    merge(ben, survivor, loser)
    ben("DELETE", at(survivor), status=204)
    assert boss("POST", "/widgets/bin/purge", {"ids": [loser["id"]]})["purged"] == 0
    assert boss("POST", "/widgets/bin/purge", {"ids": [survivor["id"]]})["purged"] == 1
    assert workshop.sql("SELECT 1 FROM widget WHERE id = %s", loser["id"]) == []
    ben.get(at(loser), status=404)


class TestGizmosOfAnotherService:
    """Links to what another service owns follow what it tells."""

    @pytest.fixture
    def tell(self, workshop):
        def hear(fact, gizmo, version, **data):
            event_type = f"crm.elsewhere.gizmo.{fact}.v1"
            about = {"number": None, "name": "G"}
            event = record(event_type, gizmo, version, deleted=fact in GONE, **about)
            event.data.update(data)
            assert workshop.hear("links", event) == ["applied"]

        return hear

    @pytest.fixture
    def gizmos(self, tell):
        made = [new_id(), new_id()]
        for gizmo in made:
            tell("created", gizmo, 1)
        return made

    def test_a_merge_and_its_undoing(self, ben, make, tell, gizmos):
        survivor, loser = gizmos
        follows, elsewhere = (make(gizmo_id=loser) for _ in range(2))
        who = {"survivor_id": survivor, "loser_ids": [loser]}
        tell("merged", loser, 2, merge=who)
        tell("merged", survivor, 2, merge=who, deleted=False)
        assert ben.get(at(follows))["gizmo_id"] == survivor
        ben("PATCH", at(elsewhere), {"gizmo_id": None})
        assert ben.invalid("PATCH", at(follows), {"gizmo_id": loser}) == [
            ("/gizmo_id", "dangling_link")
        ]
        tell("unmerged", loser, 3, merge=who)
        assert ben.get(at(follows))["gizmo_id"] == loser
        assert ben.get(at(elsewhere))["gizmo_id"] is None
        tell("merged", loser, 2, merge=who)
        assert ben.get(at(follows))["gizmo_id"] == loser

    def test_deletion_and_purge(self, ben, make, tell, gizmos):
        gizmo, _ = gizmos
        widget = make(gizmo_id=gizmo)
        tell("deleted", gizmo, 2)
        assert ben.get(at(widget)) == widget
        tell("purged", gizmo, 3)
        assert ben.get(at(widget))["gizmo_id"] is None
        [row] = ben.get(at(widget, "history?limit=1"))["items"]
        assert row["changes"] == [{"field": "gizmo_id", "old": gizmo, "new": None}]


GONE = {"deleted", "merged", "purged"}
