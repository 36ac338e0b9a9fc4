"""The recycle bin: what is deleted is gone for everybody, and comes back as it was."""

import json
import uuid

import pytest

from tests.eventually import eventually
from tests.service.served import ANNA, BEN

COLUMNS = (
    "SELECT column_name FROM information_schema.columns"
    " WHERE table_name = 'widget' AND is_generated = 'NEVER'"
)


def test_deleted_is_gone_from_everywhere(ben, widget, tag):
    path = f"/widgets/{widget['id']}"
    answer = ben.ask("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    for method, address, body in (
        ("GET", path, None),
        ("GET", f"/widgets/{widget['number']}", None),
        ("PATCH", path, {"parts": 1}),
        ("DELETE", path, None),
        ("POST", f"{path}/paint", {"colour": "Green"}),
    ):
        assert ben(method, address, body, status=404)["code"] == "not_found"
    assert ben.get(f"/widgets?filter[name]={tag}&count=exact") == {
        "items": [],
        "next_cursor": None,
        "count": 0,
    }
    assert ben.get(f"/search?q={tag}") == {"items": []}


def test_restored_is_as_it_was(workshop, ben, boss, widget):
    path = f"/widgets/{widget['id']}"
    ben("DELETE", path, status=204)
    restored = boss("POST", f"{path}/restore")
    assert restored == widget | {
        "version": 3,
        "modified_by": restored["modified_by"],
        "modified_at": restored["modified_at"],
    }
    assert restored["modified_by"] != widget["modified_by"]
    assert ben.get(path) == restored
    assert [told.split(".")[3] for told in workshop.told(widget["id"])] == [
        "created",
        "deleted",
        "restored",
    ]


def test_only_what_is_in_the_bin_is_restored(ben, widget):
    assert ben.refused("POST", f"/widgets/{widget['id']}/restore") == "not_deleted"
    for key in (str(uuid.UUID(int=7)), "WID0", "x"):
        ben("POST", f"/widgets/{key}/restore", status=404)


def test_a_record_is_restored_by_its_number_too(ben, widget):
    ben("DELETE", f"/widgets/{widget['number']}", status=204)
    assert ben("POST", f"/widgets/{widget['number']}/restore")["id"] == widget["id"]


def test_a_guard_may_stand_against_it(ben, widget):
    path = f"/widgets/{widget['id']}"
    ben("PATCH", path, {"colour": "Green"})
    assert ben.refused("DELETE", path) == "green"
    assert ben.get(path)["version"] == 2


def test_a_code_in_the_bin_is_still_taken(ben, tag):
    made = ben.create("widgets", name="x", code=tag)
    ben("DELETE", f"/widgets/{made['id']}", status=204)
    assert ben.invalid("POST", "/widgets", {"name": "y", "code": tag}) == [("/code", "not_unique")]


@pytest.mark.parametrize("path", ["/crates/{}", "/crates/{}/restore"])
def test_what_cannot_be_deleted_has_no_bin(ben, path):
    crate = ben.create("crates", name="x")
    method = "POST" if path.endswith("restore") else "DELETE"
    answer = ben.ask(method, path.format(crate["id"]))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PATCH")


def _bin(api, tag, **query):
    asked = "".join(f"&{name}={value}" for name, value in query.items())
    return api.get(f"/widgets/bin?q={tag}{asked}")


def test_the_bin_says_what_lies_in_it_and_who_put_it_there(anna, ben, clara, tag):
    first, second = (ben.create("widgets", name=f"{tag} {n}") for n in (1, 2))
    ben("DELETE", f"/widgets/{first['id']}", status=204)
    anna("DELETE", f"/widgets/{second['id']}", status=204)
    [newest, oldest] = _bin(ben, tag)["items"]
    assert newest == {
        "entity": "widget",
        "plural": "widgets",
        "id": second["id"],
        "number": second["number"],
        "label": f"{tag} 2",
        "deleted_at": newest["deleted_at"],
        "deleted_by": ANNA,
    }
    assert (oldest["id"], oldest["deleted_by"]) == (first["id"], BEN)
    assert oldest["deleted_at"] < newest["deleted_at"]
    assert [item["id"] for item in ben.get("/recycle-bin?limit=2")["items"]] == [
        second["id"],
        first["id"],
    ]
    page = _bin(anna, tag, limit=1)
    assert page["items"] == [newest]
    assert _bin(anna, tag, limit=1, cursor=page["next_cursor"]) == {
        "items": [oldest],
        "next_cursor": None,
    }
    assert _bin(clara, tag)["items"] == []
    ben("POST", f"/widgets/{first['id']}/restore")
    assert _bin(ben, tag)["items"] == [newest]


_BEFORE_ALL_TIME = (
    "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwgIjAxOTkwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSJd"
)
"""The first day of the first year, east of Greenwich."""


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WyJ4IiwieCJd", _BEFORE_ALL_TIME])
def test_an_odd_place_in_the_bin_is_refused(ben, cursor):
    problem = ben.get(f"/widgets/bin?cursor={cursor}", status=400)
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("invalid_cursor", "/cursor")


def test_the_history_of_the_deleted_is_for_who_may_restore_it(anna, ben, clara, widget):
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    for api in (anna, ben):
        facts = [row["fact"] for row in api.get(f"/widgets/{widget['id']}/history")["items"]]
        assert facts == ["deleted", "created"]
    clara.get(f"/widgets/{widget['id']}/history", status=404)


def test_links_to_the_deleted_are_emptied_and_come_back(workshop, ben, widget):
    child, moved = (ben.create("widgets", name="x", parent_id=widget["id"]) for _ in range(2))
    other = ben.create("widgets", name="y")
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    assert ben.get(f"/widgets/{child['id']}") == child | {
        "parent_id": None,
        "version": 2,
        "modified_at": ben.get(f"/widgets/{child['id']}")["modified_at"],
    }
    [cleared] = ben.get(f"/widgets/{child['id']}/history?limit=1")["items"]
    assert cleared["changes"] == [{"field": "parent_id", "old": widget["id"], "new": None}]
    ben("PATCH", f"/widgets/{moved['id']}", {"parent_id": other["id"]})
    ben("POST", f"/widgets/{widget['id']}/restore")
    assert ben.get(f"/widgets/{child['id']}")["parent_id"] == widget["id"]
    assert ben.get(f"/widgets/{moved['id']}")["parent_id"] == other["id"]
    assert workshop.sql("SELECT 1 FROM moved_reference WHERE target_id = %s", widget["id"]) == []


def test_what_lies_in_the_bin_itself_is_linked_again_too(ben, widget):
    child = ben.create("widgets", name="x", parent_id=widget["id"])
    for made in (child, widget):
        ben("DELETE", f"/widgets/{made['id']}", status=204)
    for made in (widget, child):
        ben("POST", f"/widgets/{made['id']}/restore")
    assert ben.get(f"/widgets/{child['id']}")["parent_id"] == widget["id"]


def test_a_link_may_refuse_the_deletion_or_hold_on(ben, widget):
    crate = ben.create(
        "crates",
        name="x",
        lid_id=widget["id"],
        lines=[{"widget_id": widget["id"], "quantity": "1"}],
    )
    problem = ben("DELETE", f"/widgets/{widget['id']}", status=409)
    assert (problem["code"], problem["used_by"]) == ("record_in_use", ["crate"])
    free = ben("PATCH", f"/crates/{crate['id']}", {"lid_id": None})
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    assert ben.get(f"/crates/{crate['id']}") == free


def test_purged_is_gone_for_good(workshop, boss, ben, tag):
    source = f"/widgets/external/{tag}/1"
    widget = ben("PUT", source, {"name": tag, "notes": f"secret {tag}"}, status=201)
    child = ben.create("widgets", name="x", parent_id=widget["id"])
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    chosen = {"ids": [widget["id"]]}
    ben("POST", "/widgets/bin/purge", chosen, status=403)
    assert boss("POST", "/widgets/bin/purge", chosen) == {"purged": 1, "in_use": []}
    assert boss("POST", "/widgets/bin/purge", chosen) == {"purged": 0, "in_use": []}
    assert _bin(boss, tag)["items"] == []
    ben("POST", f"/widgets/{widget['id']}/restore", status=404)
    boss.get(f"/widgets/{widget['id']}/history", status=404)
    ben.get(source, status=404)
    assert ben.get(f"/widgets/{child['id']}")["parent_id"] is None
    for table, column in (
        ("widget", "id"),
        ("external_id", "record_id"),
        ("moved_reference", "target_id"),
    ):
        assert workshop.sql(f"SELECT 1 FROM {table} WHERE {column} = %s", widget["id"]) == []
    [(fact, version, changes)] = workshop.sql(
        "SELECT fact, version, changes FROM history WHERE record_id = %s", widget["id"]
    )
    assert (fact, version, changes) == ("purged", 3, {"owner_id": [BEN, None]})
    [(body,)] = workshop.sql(
        "SELECT convert_from(body, 'UTF8') FROM outbox WHERE type LIKE '%%.purged.v1'"
        " AND convert_from(body, 'UTF8')::jsonb ->> 'subject' = %s",
        widget["id"],
    )
    data = json.loads(body)["data"]
    assert data["deleted"]
    assert {n: v for n, v in data["record"].items() if v is not None} == {
        "id": widget["id"],
        "version": 3,
    }


def test_only_what_is_in_the_bin_and_not_needed_is_purged(boss, ben, widget):
    packed = ben.create("widgets", name="packed")
    ben.create("crates", name="x", lines=[{"widget_id": packed["id"], "quantity": "1"}])
    ben("DELETE", f"/widgets/{packed['id']}", status=204)
    chosen = {"ids": [widget["id"], packed["id"], str(uuid.UUID(int=9))]}
    assert boss("POST", "/widgets/bin/purge", chosen) == {"purged": 0, "in_use": [packed["id"]]}
    assert ben.get(f"/widgets/{widget['id']}") == widget
    assert boss.invalid("POST", "/widgets/bin/purge", {"ids": ["x"], "y": 1}) == [
        ("/ids/0", "invalid"),
        ("/y", "unknown_field"),
    ]


def test_the_whole_bin_is_emptied_as_a_job(boss, ben, tag):
    rules = [boss.create("rules", text=f"{tag} {n}") for n in range(3)]
    for rule in rules[:2]:
        boss("DELETE", f"/rules/{rule['id']}", status=204)
    ben("POST", "/rules/bin/empty", status=403)
    job = boss("POST", "/rules/bin/empty", status=202)
    eventually(lambda: boss.get(f"/rules/jobs/{job['id']}")["state"], "done")
    assert boss.get("/rules/bin") == {"items": [], "next_cursor": None}
    assert boss.get(f"/rules/jobs/{job['id']}")["result"]["purged"] >= 2
    assert boss.get(f"/rules/{rules[2]['id']}") == rules[2]


def test_many_links_follow_as_a_job(workshop, boss, ben, widget, tag):
    child = ben.create("widgets", name=tag)
    columns = ", ".join(
        c for (c,) in workshop.sql(COLUMNS) if c not in {"id", "number", "parent_id"}
    )
    workshop.sql(
        f"INSERT INTO widget (id, parent_id, {columns}) SELECT gen_random_uuid(), %s, {columns}"
        " FROM widget, generate_series(1, 501) WHERE id = %s",
        widget["id"],
        child["id"],
    )
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    left = "SELECT count(*) FROM widget WHERE parent_id = %s"
    eventually(lambda: workshop.sql(left, widget["id"]), [(0,)])
    ben("POST", f"/widgets/{widget['id']}/restore")
    eventually(lambda: workshop.sql(left, widget["id"]), [(501,)])
