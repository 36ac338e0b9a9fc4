"""A merge patch: what was sent is changed, nothing else, and only if it is a change."""

import uuid

import pytest

from tests.service.served import ANNA, BEN, BOSS


def test_only_what_is_sent_changes(ben, boss, widget, tag):
    answer = boss.ask("PATCH", f"/widgets/{widget['id']}", {"parts": 7, "notes": "new"})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    after = answer.json()
    assert after["modified_at"] > widget["modified_at"]
    assert after == widget | {
        "version": 2,
        "parts": 7,
        "doubled": 14,
        "notes": "new",
        "modified_by": BOSS,
        "modified_at": after["modified_at"],
    }
    assert ben.get(f"/widgets/{widget['id']}") == after


def test_null_empties_a_field(ben, widget):
    after = ben("PATCH", f"/widgets/{widget['number']}", {"parts": None})
    assert (after["parts"], after["doubled"], after["version"]) == (None, None, 2)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"parts": 3},
        {"parts": "3"},
        {"colour": "Red", "active": True, "sizes": []},
        {"notes": ""},
        {"owner_id": BEN},
    ],
)
def test_a_change_of_nothing_writes_nothing(workshop, ben, widget, change):
    answer = ben.ask("PATCH", f"/widgets/{widget['id']}", change)
    assert (answer.status_code, answer.headers["ETag"], answer.json()) == (200, '"1"', widget)
    assert workshop.told(widget["id"]) == ["crm.workshop.widget.created.v1"]
    assert len(ben.get(f"/widgets/{widget['id']}/history")["items"]) == 1


def test_an_equal_amount_written_otherwise_is_no_change(workshop, ben):
    made = ben.create("widgets", name="x", weight="1.50", made_on="2024-02-29")
    assert ben("PATCH", f"/widgets/{made['id']}", {"weight": "1.5", "made_on": "2024-02-29"}) == (
        made
    )


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"name": None}, [("/name", "string_type")]),
        ({"name": " "}, [("/name", "required")]),
        ({"owner_id": None}, [("/owner_id", "string_type")]),
        ({"owner_id": str(uuid.UUID(int=7))}, [("/owner_id", "dangling_link")]),
        ({"active": None}, [("/active", "bool_type")]),
        ({"sizes": None}, [("/sizes", "list_type")]),
        ({"doubled": 6}, [("/doubled", "read_only")]),
        ({"version": 1}, [("/version", "read_only")]),
        ({"parts": 13}, [("/parts", "unlucky")]),
        ({"lines": []}, [("/lines", "unknown_field")]),
        ({"parts": -1, "x": 1}, [("/parts", "greater_than_equal"), ("/x", "unknown_field")]),
    ],
)
def test_a_bad_change_is_refused_by_name_and_changes_nothing(ben, widget, change, errors):
    path = f"/widgets/{widget['id']}"
    assert ben.invalid("PATCH", path, {"notes": "new"} | change) == errors
    assert ben.get(path) == widget


def test_a_record_is_given_to_somebody_else(ben, anna, widget):
    assert ben("PATCH", f"/widgets/{widget['id']}", {"owner_id": ANNA})["owner_id"] == ANNA
    ben.get(f"/widgets/{widget['id']}", status=404)
    assert anna.get(f"/widgets/{widget['id']}")["version"] == 2


def test_a_link_that_dangles_since_does_not_stand_against_other_changes(workshop, ben, widget):
    child = ben.create("widgets", name="x", parent_id=widget["id"])
    # Not through the door, which would empty the link.
    workshop.sql("UPDATE widget SET deleted_at = now() WHERE id = %s", widget["id"])
    path = f"/widgets/{child['id']}"
    assert ben("PATCH", path, {"parent_id": widget["id"], "parts": 1})["version"] == 2


class TestIfMatch:
    @pytest.mark.parametrize("tag", ['"1"', 'W/"1"', "*"])
    def test_the_version_read_may_be_changed(self, ben, widget, tag):
        path = f"/widgets/{widget['id']}"
        assert ben("PATCH", path, {"parts": 4}, If_Match=tag)["version"] == 2

    def test_another_version_is_refused_with_the_record_as_it_is(self, ben, widget):
        path = f"/widgets/{widget['id']}"
        changed = ben("PATCH", path, {"parts": 4})
        problem = ben("PATCH", path, {"parts": 5}, status=412, If_Match='"1"')
        assert problem["code"] == "precondition_failed"
        computed = {"crated"}
        assert problem["current"] == {k: v for k, v in changed.items() if k not in computed}
        assert ben.get(path) == changed

    def test_it_guards_deletions_and_actions_too(self, ben, widget):
        path = f"/widgets/{widget['id']}"
        ben("PATCH", path, {"parts": 4})
        ben("DELETE", path, status=412, If_Match='"1"')
        ben("POST", f"{path}/paint", {"colour": "Green"}, status=412, If_Match='"1"')
        assert ben("POST", f"{path}/paint", {"colour": "Sky, blue"}, If_Match='"2"')["version"] == 3
        ben("DELETE", path, status=204, If_Match='"3"')

    @pytest.mark.parametrize("tag", ["1", '"a"', '"1", "2"', '""', '"99999999999"'])
    def test_what_is_no_tag_is_refused(self, ben, widget, tag):
        path = f"/widgets/{widget['id']}"
        problem = ben("PATCH", path, {"parts": 4}, status=400, If_Match=tag)
        assert (problem["code"], problem["errors"][0]["pointer"]) == ("invalid_header", "/If-Match")
        assert ben.get(path) == widget

    def test_of_two_who_read_the_same_version_one_loses(self, ben, boss, widget):
        path = f"/widgets/{widget['id']}"
        ben("PATCH", path, {"parts": 4}, If_Match='"1"')
        boss("PATCH", path, {"parts": 5}, status=412, If_Match='"1"')


def test_an_action_tells_its_own_fact(workshop, ben, widget):
    path = f"/widgets/{widget['id']}"
    painted = ben("POST", f"{path}/paint", {"colour": "Green"})
    assert (painted["colour"], painted["version"]) == ("Green", 2)
    assert ben.refused("POST", f"{path}/paint", {"colour": "Green"}) == "same_colour"
    assert ben.invalid("POST", f"{path}/paint", {"color": 1}) == [
        ("/colour", "required"),
        ("/color", "unknown_field"),
    ]
    assert workshop.told(widget["id"]) == [
        "crm.workshop.widget.created.v1",
        "crm.workshop.widget.painted.v1",
    ]


def test_a_question_takes_its_parameters_from_the_address(ben, widget):
    assert ben.get("/totals?least=1000&most=0") == {"parts": 0}
    problem = ben.get("/totals?most=x&z=1", status=400)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/least", "required"),
        ("/most", "int_parsing"),
        ("/z", "unknown_field"),
    ]
