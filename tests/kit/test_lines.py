"""Lines of a record: they keep their ids, their order and what the suite wrote on them."""

import uuid

import pytest


@pytest.fixture
def crate(ben, widget):
    lines = [{"widget_id": widget["id"], "quantity": quantity} for quantity in ("1", "2", "3")]
    return ben.create("crates", name="x", lines=lines)


def kept(line, **changes):
    return {name: line[name] for name in ("id", "widget_id", "quantity", "fragile")} | changes


def test_new_lines_get_ids_and_defaults(crate, widget):
    assert len({line["id"] for line in crate["lines"]}) == 3
    assert crate["lines"][0] == {
        "id": crate["lines"][0]["id"],
        "sequence": 1,
        "widget_id": widget["id"],
        "quantity": "1",
        "fragile": False,
        "packed": None,
    }


def test_an_edit_keeps_the_ids_of_lines_it_names(workshop, ben, crate):
    first, second, third = crate["lines"]
    workshop.sql("UPDATE crate_line SET packed = 7 WHERE id = %s", third["id"])
    sent = [
        kept(third),
        {"widget_id": first["widget_id"], "quantity": "9"},
        kept(first, quantity=4),
    ]
    after = ben("PATCH", f"/crates/{crate['id']}", {"lines": sent})
    new = after["lines"][1]
    assert new["id"] not in {first["id"], second["id"], third["id"]}
    assert after["lines"] == [
        third | {"sequence": 1, "packed": 7},
        new | {"sequence": 2, "quantity": "9"},
        first | {"sequence": 3, "quantity": "4"},
    ]
    assert after["version"] == 2
    assert ben.get(f"/crates/{crate['id']}") == after
    assert workshop.sql("SELECT count(*) FROM crate_line WHERE id = %s", second["id"]) == [(0,)]


def test_a_patch_without_lines_leaves_them(ben, crate):
    after = ben("PATCH", f"/crates/{crate['id']}", {"name": "y"})
    assert (after["name"], after["lines"]) == ("y", crate["lines"])


def test_the_same_lines_are_no_change(ben, crate):
    sent = [kept(line, quantity=f"{line['quantity']}.0") for line in crate["lines"]]
    assert ben("PATCH", f"/crates/{crate['id']}", {"lines": sent}) == crate


def test_all_lines_may_go(ben, crate):
    assert ben("PATCH", f"/crates/{crate['id']}", {"lines": []})["lines"] == []
    assert ben.get(f"/crates/{crate['id']}")["lines"] == []


def test_every_bad_field_of_every_line_is_named(ben, crate, widget):
    first = crate["lines"][0]
    lines = [
        kept(first, packed=1),
        kept(first, sequence=1, color="x"),
        {"widget_id": "1", "quantity": -1},
        {"quantity": None, "fragile": "no"},
        7,
    ]
    path = f"/crates/{crate['id']}"
    assert sorted(ben.invalid("PATCH", path, {"lines": lines})) == [
        ("/lines/0/packed", "read_only"),
        ("/lines/1/color", "unknown_field"),
        ("/lines/1/sequence", "read_only"),
        ("/lines/2/quantity", "greater_than_equal"),
        ("/lines/2/widget_id", "invalid"),
        ("/lines/3/fragile", "bool_type"),
        ("/lines/3/quantity", "decimal_type"),
        ("/lines/3/widget_id", "required"),
        ("/lines/4", "model_type"),
    ]
    other = {"id": str(uuid.UUID(int=7)), "widget_id": widget["id"], "quantity": "1"}
    assert ben.invalid("PATCH", path, {"lines": [kept(first), kept(first), other]}) == [
        ("/lines/1/id", "unknown_line"),
        ("/lines/2/id", "unknown_line"),
    ]
    assert ben.invalid("PATCH", path, {"lines": None}) == [("/lines", "list_type")]
    assert ben.get(path) == crate


def test_a_line_of_another_record_is_unknown(ben, crate, widget):
    line = {"id": crate["lines"][0]["id"], "widget_id": widget["id"], "quantity": "1"}
    assert ben.invalid("POST", "/crates", {"name": "y", "lines": [line]}) == [
        ("/lines/0/id", "unknown_line")
    ]


def test_a_record_has_a_thousand_lines_at_most(ben, widget):
    line = {"widget_id": widget["id"], "quantity": "1"}
    made = ben.create("crates", name="full", lines=[line] * 1000)
    assert [held["sequence"] for held in made["lines"]] == list(range(1, 1001))
    assert ben.invalid("POST", "/crates", {"name": "x", "lines": [line] * 1001}) == [
        ("/lines", "too_long")
    ]


def test_history_shows_the_lines_that_differ(ben, crate):
    first, second, third = crate["lines"]
    sent = [kept(first), kept(second, quantity="5")]
    after = ben("PATCH", f"/crates/{crate['id']}", {"lines": sent})
    [written] = ben.get(f"/crates/{crate['id']}/history")["items"][0]["changes"]
    assert written == {"field": "lines", "old": [second, third], "new": [after["lines"][1]]}
