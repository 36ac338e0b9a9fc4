"""The recycle bin: what is deleted is gone for everybody, and comes back as it was."""

import uuid

import pytest


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
