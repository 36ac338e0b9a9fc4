"""One record, by id or number, and not at all if the reader has it already."""

import uuid

import pytest


def test_a_record_is_read_by_id_and_by_number(ben, widget):
    by_id = ben.ask("GET", f"/widgets/{widget['id']}")
    assert (by_id.status_code, by_id.headers["ETag"]) == (200, '"1"')
    assert by_id.json() == widget
    assert ben.get(f"/widgets/{widget['number']}") == widget
    assert ben.get(f"/widgets/{widget['id'].upper()}") == widget


@pytest.mark.parametrize(
    "key",
    [
        str(uuid.UUID(int=7)),
        "WID0",
        "wid1",
        "0000-000000000000000000000000000-0-0",
        "------------------------------------",
        "%F0%9F%9A%80",
        "1%0A",
    ],
)
def test_what_does_not_exist_is_not_found(ben, key):
    problem = ben.get(f"/widgets/{key}", status=404)
    assert problem["code"] == "not_found"
    assert problem["detail"] == "There is no such record, or you may not see it."


def test_an_address_with_nul_is_refused(ben):
    for path in ("/widgets/%00", "/widgets?q=%00", "/widgets?filter[name][contains]=a%00"):
        assert ben.get(path, status=400)["code"] == "bad_request"


@pytest.mark.parametrize("tags", ['"1"', 'W/"1"', '"7", "1"', "*"])
def test_who_has_this_version_gets_nothing_but_its_tag(ben, widget, tags):
    answer = ben.ask("GET", f"/widgets/{widget['id']}", If_None_Match=tags)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", '"1"')


@pytest.mark.parametrize("tags", ['"2"', '"11"'])
def test_who_has_another_version_gets_this_one(ben, widget, tags):
    answer = ben.ask("GET", f"/widgets/{widget['id']}", If_None_Match=tags)
    assert (answer.status_code, answer.json()) == (200, widget)


def test_a_tag_goes_stale_with_the_next_write(ben, widget):
    path = f"/widgets/{widget['id']}"
    ben("PATCH", path, {"parts": 4})
    answer = ben.ask("GET", path, If_None_Match='"1"')
    assert (answer.status_code, answer.headers["ETag"], answer.json()["parts"]) == (200, '"2"', 4)


def test_lines_come_with_their_record_in_order(ben, widget):
    lines = [{"widget_id": widget["id"], "quantity": quantity} for quantity in ("2", "1", "3.5")]
    crate = ben.create("crates", name="x", lines=lines)
    assert [held["quantity"] for held in crate["lines"]] == ["2", "1", "3.5"]
    assert [held["sequence"] for held in crate["lines"]] == [1, 2, 3]
    assert ben.get(f"/crates/{crate['id']}") == crate


def test_a_computed_field_is_worked_out_on_every_read(ben, widget):
    line = {"widget_id": widget["id"], "quantity": "1"}
    ben.create("crates", name="x", lines=[line, line])
    assert ben.get(f"/widgets/{widget['id']}") == widget | {"crated": 2}
    assert ben("PATCH", f"/widgets/{widget['id']}", {"parts": 5})["crated"] == 2
