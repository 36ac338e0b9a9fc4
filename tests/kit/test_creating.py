"""A new record: what is kept of each kind of field, what is filled in, and what is refused."""

import re
import uuid

import pytest

from tests.service.served import ANNA, BEN, CLARA

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_the_least_that_can_be_sent_gets_every_default(ben, tag):
    answer = ben.ask("POST", "/widgets", {"name": tag})
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    made = answer.json()
    assert answer.headers["Location"] == f"/api/v1/widgets/{made['id']}"
    assert answer.headers["Content-Type"] == "application/json"
    assert UUID7.fullmatch(made.pop("id"))
    assert re.fullmatch(r"WID\d+", made.pop("number"))
    assert RFC3339.fullmatch(made["created_at"])
    assert made.pop("created_at") == made.pop("modified_at")
    nothing = ("code", "notes", "email", "phone", "website", "parts", "weight", "share", "price")
    nothing += ("made_on", "seen_at", "parent_id", "gizmo_id", "doubled")
    assert made == dict.fromkeys(nothing) | {
        "version": 1,
        "created_by": BEN,
        "modified_by": BEN,
        "source": "API",
        "owner_id": BEN,
        "name": tag,
        "active": True,
        "colour": "Red",
        "sizes": [],
        "crated": 0,
    }


def test_every_kind_of_value_is_kept_exactly(ben, widget, tag):
    sent = {
        "owner_id": CLARA,
        "name": f"{tag} é中",
        "code": tag,
        "notes": "two\nlines  ",
        "email": "Ada@example.com",
        "phone": "+44 (0)20 7946-0958 ext. 7",
        "website": "https://example.com/?a=b",
        "parts": 1000,
        "weight": "-0.125",
        "share": "33.3333",
        "price": "123456789012345.6789",
        "active": False,
        "made_on": "2024-02-29",
        "seen_at": "2024-02-29T23:30:00.000001Z",
        "colour": "Sky, blue",
        "parent_id": widget["id"],
        "sizes": [{"name": "M", "millimetres": 7}],
    }
    made = ben.create("widgets", **sent)
    assert {name: made[name] for name in sent} == sent
    assert made["doubled"] == 2000
    assert ben("GET", f"/widgets/{widget['id']}")["id"] == widget["id"]


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("name", "  blanks around  ", "blanks around"),
        ("code", "   ", None),
        ("email", "", None),
        ("website", "example.com:8080/path", "example.com:8080/path"),
        ("parts", 0, 0),
        ("parts", "12", 12),
        ("weight", 1.5, "1.5"),
        ("weight", "1.500", "1.500"),
        ("weight", "1E+2", "100"),
        ("share", 0, "0"),
        ("price", 7, "7"),
        ("made_on", "", None),
        ("seen_at", "2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z"),
        ("active", False, False),
        ("parts", None, None),
    ],
)
def test_values_are_read_as_people_send_them(ben, field, sent, kept):
    assert ben.create("widgets", **({"name": "x"} | {field: sent}))[field] == kept


@pytest.mark.parametrize(
    ("field", "sent", "code"),
    [
        ("name", "", "required"),
        ("name", " \t ", "required"),
        ("name", None, "string_type"),
        ("name", "x" * 41, "too_long"),
        ("name", 7, "string_type"),
        ("code", "x" * 256, "too_long"),
        ("notes", ["x"], "string_type"),
        ("notes", "x" * 50_001, "too_long"),
        ("email", "ada", "invalid"),
        ("email", "ada@example", "invalid"),
        ("phone", "call me", "invalid"),
        ("website", "javascript:alert(1)//<script>", "invalid"),
        ("website", "no spaces.com", "invalid"),
        ("parts", "many", "int_parsing"),
        ("parts", 1.5, "int_parsing"),
        ("parts", True, "invalid"),
        ("parts", -1, "greater_than_equal"),
        ("parts", 1001, "less_than_equal"),
        ("parts", 10**30, "out_of_range"),
        ("weight", "heavy", "decimal_parsing"),
        ("weight", True, "invalid"),
        ("weight", "0.1234", "decimal_max_places"),
        ("weight", "12345678901234567890", "decimal_max_digits"),
        ("weight", "NaN", "finite_number"),
        ("weight", "Infinity", "finite_number"),
        ("share", "100.01", "less_than_equal"),
        ("share", -1, "greater_than_equal"),
        ("price", "-0.01", "greater_than_equal"),
        ("active", "yes", "bool_type"),
        ("active", 1, "bool_type"),
        ("active", None, "bool_type"),
        ("made_on", "2023-02-29", "date_parsing"),
        ("made_on", "86400", "invalid"),
        ("made_on", 86400, "invalid"),
        ("made_on", "2024-02-29T00:00:00Z", "invalid"),
        ("seen_at", "2024-02-29T23:30:00", "timezone_aware"),
        ("seen_at", "yesterday", "invalid"),
        ("seen_at", 1_700_000_000, "invalid"),
        ("seen_at", "0001-01-01T00:00:00+12:00", "invalid"),
        ("colour", "Blue", "unknown_value"),
        ("colour", "red", "unknown_value"),
        ("colour", None, "unknown_value"),
        ("parent_id", "1", "invalid"),
        ("parent_id", str(uuid.UUID(int=7)), "dangling_link"),
        ("owner_id", str(uuid.UUID(int=7)), "dangling_link"),
        ("doubled", 4, "read_only"),
        ("id", str(uuid.UUID(int=7)), "read_only"),
        ("number", "WID1", "read_only"),
        ("version", 7, "read_only"),
        ("created_by", BEN, "read_only"),
        ("source", "CRM", "read_only"),
        ("crated", 1, "read_only"),
        ("deleted_at", None, "unknown_field"),
        ("color", "Red", "unknown_field"),
        ("a/b~c", 1, "unknown_field"),
        ("parts", 13, "unlucky"),
    ],
)
def test_a_bad_value_is_refused_by_name(ben, field, sent, code):
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    assert ben.invalid("POST", "/widgets", {"name": "x"} | {field: sent}) == [(pointer, code)]


def test_every_bad_field_is_named_at_once(ben):
    sent = {
        "code": "x" * 256,
        "parts": -1,
        "colour": "Blue",
        "doubled": 4,
        "color": "Red",
        "sizes": [{"name": "M", "millimetres": 7}, {"name": 1, "inches": 3}],
    }
    problem = ben("POST", "/widgets", sent, status=422)
    assert problem["detail"] == "9 fields are wrong."
    assert "is written by the suite alone" in {error["detail"] for error in problem["errors"]}
    assert sorted((error["pointer"], error["code"]) for error in problem["errors"]) == [
        ("/code", "too_long"),
        ("/color", "unknown_field"),
        ("/colour", "unknown_value"),
        ("/doubled", "read_only"),
        ("/name", "required"),
        ("/parts", "greater_than_equal"),
        ("/sizes/1/inches", "unknown_field"),
        ("/sizes/1/millimetres", "required"),
        ("/sizes/1/name", "string_type"),
    ]


def test_values_choices_and_links_are_refused_together(ben, widget):
    nobody = str(uuid.UUID(int=7))
    sent = {"parts": "x", "parent_id": nobody, "gizmo_id": nobody, "colour": "Blue", "x": 1}
    wrong = [
        ("/colour", "unknown_value"),
        ("/parts", "int_parsing"),
        ("/x", "unknown_field"),
        ("/parent_id", "dangling_link"),
        ("/gizmo_id", "dangling_link"),
    ]
    problem = ben("PATCH", f"/widgets/{widget['id']}", {"parent_id": "WID1"}, status=422)
    [error] = problem["errors"]
    assert error == {"pointer": "/parent_id", "code": "invalid", "detail": "is no id"}
    patched = ben.invalid("PATCH", f"/widgets/{widget['id']}", sent)
    assert sorted(patched) == sorted(wrong)
    made = ben.invalid("POST", "/widgets", sent)
    assert sorted(made) == sorted([("/name", "required"), *wrong])
    lines = [{"widget_id": nobody, "quantity": 1}]
    assert ben.invalid("POST", "/crates", {"lines": lines}) == [
        ("/name", "required"),
        ("/lines/0/widget_id", "dangling_link"),
    ]


def test_so_many_wrong_fields_are_not_named_one_by_one(ben):
    sent = {f"x{n}": n for n in range(200_000)}
    for path in ("/widgets", "/widgets/mass"):
        problem = ben("POST", path, sent, status=422)
        assert [error["code"] for error in problem["errors"]] == ["too_many_errors"]


def test_nul_is_refused_where_it_stands_with_all_else(ben, widget):
    sent = {"name": "a\x00b", "notes": "fine", "sizes": [{"name": "\x00", "millimetres": 1}]}
    bad = [("/name", "invalid"), ("/sizes/0/name", "invalid")]
    assert ben.invalid("POST", "/widgets", sent) == bad
    more = {"parts": "\x00", "share": "much", "colour": "Blu\x00e", "color": "x"}
    assert ben.invalid("POST", "/widgets", sent | more) == [
        ("/colour", "invalid"),
        bad[0],
        ("/parts", "invalid"),
        bad[1],
        ("/share", "decimal_parsing"),
        ("/color", "unknown_field"),
    ]
    assert ben.invalid("POST", "/widgets", {"name": "x", "a\x00b": 1}) == [("/a\x00b", "invalid")]
    assert ben.invalid("PATCH", f"/widgets/{widget['id']}", {"name": "\x00ok"}) == [bad[0]]
    assert ben.get(f"/widgets/{widget['id']}") == widget
    assert ben.invalid("POST", "/widgets/search", {"q": "\\\x00"}) == [("/q", "invalid")]
    kept = ben.create("widgets", name="x", notes=r"a literal \u0000")
    assert kept["notes"] == r"a literal \u0000"


def test_a_dangling_link_in_a_line_is_named(ben, widget):
    lines = [
        {"widget_id": widget["id"], "quantity": 1},
        {"widget_id": str(uuid.UUID(int=7)), "quantity": 1},
    ]
    assert ben.invalid("POST", "/crates", {"name": "x", "lines": lines}) == [
        ("/lines/1/widget_id", "dangling_link")
    ]


def test_a_link_to_what_one_may_not_see_dangles(ben, clara, widget):
    sent = {"name": "x", "parent_id": widget["id"]}
    assert clara.invalid("POST", "/widgets", sent) == [("/parent_id", "dangling_link")]
    assert ben.create("widgets", **sent)["parent_id"] == widget["id"]


def test_a_link_to_what_is_in_the_bin_dangles(ben, widget):
    ben("DELETE", f"/widgets/{widget['id']}", status=204)
    sent = {"name": "x", "parent_id": widget["id"]}
    assert ben.invalid("POST", "/widgets", sent) == [("/parent_id", "dangling_link")]


def test_the_same_code_twice_is_refused(ben, clara, tag):
    ben.create("widgets", name="x", code=tag)
    assert clara.invalid("POST", "/widgets", {"name": "y", "code": tag}) == [
        ("/code", "not_unique")
    ]


def test_a_record_may_be_made_for_somebody_else(ben, clara, tag):
    made = ben.create("widgets", name=tag, owner_id=ANNA)
    assert (made["owner_id"], made["created_by"]) == (ANNA, BEN)
    ben("GET", f"/widgets/{made['id']}", status=404)
    clara("GET", f"/widgets/{made['id']}", status=404)


@pytest.mark.parametrize("body", [[], "x", 1, [{"name": "x"}]])
def test_only_an_object_is_a_record(ben, body):
    assert ben("POST", "/widgets", body, status=400)["code"] == "object_expected"
