"""Trees of conditions: what each operator finds, what SQL and Python agree on, what is refused."""

import pytest

from tests.service.served import BEN, CLARA


@pytest.fixture(scope="module")
def shelf(workshop):
    """Widgets A to E of Ben's; A and B lie on his shelf, C on Clara's, which he does not see."""
    ben, clara = workshop.as_(BEN), workshop.as_(CLARA)
    room = ben.create("widgets", name="Room", parts=7)
    own = ben.create("widgets", name="Own shelf", parent_id=room["id"])
    others = clara.create("widgets", name="Other shelf")
    clara("PATCH", f"/widgets/{others['id']}", {"owner_id": BEN})
    rows = (
        {"name": "A", "parts": 1, "made_on": "2024-02-28", "notes": "Red one"},
        {"name": "B", "parts": 2, "made_on": "2024-02-29", "colour": "Green"},
        {"name": "C", "parts": 3, "made_on": "2024-03-01", "weight": "1.5", "notes": ""},
        {"name": "D", "parts": 4, "seen_at": "2024-02-29T23:30:00Z", "active": False},
        {"name": "E", "notes": "none", "seen_at": "2024-03-01T12:00:00Z"},
    )
    parents = [own["id"], own["id"], others["id"], None, None]
    code = room["id"][-12:]
    for row, parent in zip(rows, parents, strict=True):
        ben.create("widgets", parent_id=parent, website=f"http://{code}.org/{row['name']}", **row)
    ben("PATCH", f"/widgets/{others['id']}", {"owner_id": CLARA})
    return {"within": {"field": "website", "operator": "contains", "value": code}, "own": own}


@pytest.fixture
def found(ben, shelf):
    """The names of the widgets a tree describes."""

    def search(tree, **body):
        everything = {"all": [shelf["within"], tree]}
        body = {"sort": ["name"]} | body
        page = ben("POST", "/widgets/search", {"filter": everything, **body})
        return "".join(held["name"] for held in page["items"])

    return search


def _is(field, value, operator="eq"):
    return {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("tree", "names"),
    [
        ({"all": []}, "ABCDE"),
        ({"field": "parts", "value": 3}, "C"),
        (_is("parts", [1, "4"]), "AD"),
        (_is("parts", [1, 4], "ne"), "BCE"),
        (_is("parts", [2, 3], "between"), "BC"),
        ({"any": [_is("parts", 1), _is("notes", "none")]}, "AE"),
        ({"any": [_is("parts", 1), {"all": [_is("parts", 2), _is("colour", "Green")]}]}, "AB"),
        ({"all": [{"any": [_is("parts", 1), _is("parts", 2)]}, _is("colour", ["Red"])]}, "A"),
        ({"not": _is("parts", 2, "gt")}, "ABE"),
        ({"not": {"not": _is("parts", 2, "gt")}}, "CD"),
        ({"not": {"any": [_is("parts", 1), _is("notes", "none")]}}, "BCD"),
        (_is("notes", "ONE", "contains"), "AE"),
        (_is("notes", "ONE", "not_contains"), "BCD"),
        (_is("notes", "red", "starts_with"), "A"),
        ({"field": "notes", "operator": "empty"}, "BCD"),
        (_is("notes", False, "empty"), "AE"),
        (_is("active", False), "D"),
        (_is("active", [True, False]), "ABCDE"),
        (_is("colour", ["Green", "Sky, blue"]), "B"),
        (_is("weight", "1.50"), "C"),
        (_is("weight", 1.5), "C"),
        (_is("owner_id", "me"), "ABCDE"),
        (_is("owner_id", ["me", CLARA], "ne"), ""),
        (_is("made_on", "2024-02-29", "gt"), "C"),
        (_is("made_on", "2024-02-29", "lte"), "AB"),
        (_is("made_on", ["2024-02-29", "2024-03-01"], "between"), "BC"),
        (_is("made_on", "last_36500_days"), "ABC"),
        (_is("made_on", "this_year", "lt"), "ABC"),
        (_is("made_on", "today", "gte"), ""),
        (_is("seen_at", "2024-02-29"), "D"),
        (_is("seen_at", ["2024-02-29", "2024-03-01T12:00:00Z"]), "DE"),
        (_is("seen_at", "2024-02-29", "gt"), "E"),
        (_is("seen_at", "24_hours_ago", "lt"), "DE"),
        (_is("created_at", "last_1_hours"), "ABCDE"),
        (_is("created_at", "in_1_hours", "lt"), "ABCDE"),
        (_is("created_at", ["yesterday", "tomorrow"], "between"), "ABCDE"),
        (_is("created_at", "36500_days_ago", "gt"), "ABCDE"),
        (_is("parent_id.name", "own shelf", "contains"), "AB"),
        (_is("parent_id.parts", True, "empty"), "ABCDE"),
        (_is("parent_id.parent_id.parts", 7), "AB"),
        (_is("parent_id.parent_id.name", ["Room"], "ne"), "CDE"),
        (_is("parent_id.name", "Other shelf"), ""),
        (_is("parent_id.name", "Other shelf", "ne"), "ABCDE"),
        (_is("parent_id.name", True, "empty"), "CDE"),
        ({"not": _is("parent_id.owner_id", "me")}, "CDE"),
        (_is("parent_id", True, "empty"), "DE"),
    ],
)
def test_a_tree_describes_records(found, tree, names):
    assert found(tree) == names


def test_an_empty_tree_is_no_condition(ben, shelf):
    assert len(ben("POST", "/widgets/search", {"limit": 7})["items"]) == 7
    assert len(ben("POST", "/widgets/search", {"filter": {}, "limit": 7})["items"]) == 7


def test_what_is_linked_is_sorted_by_and_answered_as_far_as_it_is_seen(ben, anna, shelf):
    body = {
        "filter": shelf["within"],
        "sort": ["-parent_id.name", "name"],
        "fields": ["name", "parent_id.name", "parent_id.parent_id.parts"],
    }
    paths = ("name", "parent_id.name", "parent_id.parent_id.parts")

    def rows(api, **more):
        page = api("POST", "/widgets/search", {**body, **more})
        return [tuple(held[path] for path in paths) for held in page["items"]], page["next_cursor"]

    everything, _ = rows(ben)
    assert everything == [
        ("C", None, None),
        ("D", None, None),
        ("E", None, None),
        ("A", "Own shelf", 7),
        ("B", "Own shelf", 7),
    ]
    assert [row[0] for row in rows(anna)[0]] == ["D", "E", "A", "B", "C"]
    paged, cursor = [], None
    for _ in range(3):
        page, cursor = rows(ben, limit=2, cursor=cursor)
        paged += page
    assert (paged, cursor) == (everything, None)


def test_a_deleted_parent_is_no_more_seen(ben, tag):
    parent = ben.create("widgets", name=tag)
    child = ben.create("widgets", name="child", parent_id=parent["id"])
    tree = {"filter": _is("parent_id.name", tag)}
    assert [held["id"] for held in ben("POST", "/widgets/search", tree)["items"]] == [child["id"]]
    ben("DELETE", f"/widgets/{parent['id']}", status=204)
    assert ben("POST", "/widgets/search", tree)["items"] == []


def test_the_query_string_says_the_same_of_one_group(ben, shelf):
    def names(query):
        within = f"filter[website][contains]={shelf['within']['value']}&sort=name"
        return "".join(held["name"] for held in ben.get(f"/widgets?{within}&{query}")["items"])

    assert names("filter[parent_id.name]=Own shelf") == "AB"
    assert names("filter[parts][between]=2,3") == "BC"
    assert names("filter[notes][not_contains]=one") == "BCD"
    assert names("filter[owner_id]=me&filter[made_on]=last_year,last_36500_days") == "ABC"
    assert names("sort=-parent_id.name,name&filter[parts][gt]=1") == "CDB"


def test_a_search_counts_pages_and_finds_words(ben, shelf, tag):
    ben.create("widgets", name=f"{tag} one", parts=1)
    ben.create("widgets", name=f"{tag} two", parts=2)
    body = {"q": tag, "filter": _is("parts", 1), "count": "exact", "fields": ["name"]}
    page = ben("POST", "/widgets/search", body)
    [item] = page["items"]
    assert (item["name"], sorted(item), page["count"]) == (f"{tag} one", ["id", "name"], 1)
    page = ben("POST", "/widgets/search", {"q": tag, "limit": 1})
    assert page["next_cursor"]


def test_a_search_is_no_write(workshop, ben):
    before = workshop.sql("SELECT count(*) FROM idempotency_key")
    for _ in range(2):
        answer = ben.ask("POST", "/widgets/search", {"limit": 1}, Idempotency_Key="search")
        assert answer.status_code == 200
        assert "Idempotent-Replayed" not in answer.headers
    assert ben("POST", "/widgets/search", {"limit": 2}, Idempotency_Key="search")
    assert workshop.sql("SELECT count(*) FROM idempotency_key") == before


def _nested(depth):
    tree = _is("parts", 1)
    for _ in range(depth):
        tree = {"all": [tree]}
    return tree


@pytest.mark.parametrize(
    ("tree", "errors"),
    [
        ([], [("", "invalid")]),
        ("x", [("", "invalid")]),
        (None, [("", "invalid")]),
        ({"field": "x"}, [("/field", "unknown_field")]),
        ({"field": 1}, [("/field", "invalid")]),
        ({"value": 1}, [("/field", "invalid")]),
        (_is("parent_id.x", 1), [("/field", "unknown_field")]),
        (_is("name.x", 1), [("/field", "unknown_field")]),
        (_is("owner_id.username", 1), [("/field", "unknown_field")]),
        (_is("parent_id.parent_id.parent_id.name", 1), [("/field", "unknown_field")]),
        (_is("..", 1), [("/field", "unknown_field")]),
        (_is("parts", 1, "contains"), [("/operator", "unknown_operator")]),
        (_is("parts", 1, []), [("/operator", "unknown_operator")]),
        (_is("parts", "x"), [("/value", "invalid")]),
        (_is("parts", [1, "x", True]), [("/value/1", "invalid"), ("/value/2", "invalid")]),
        (_is("parts", []), [("/value", "invalid")]),
        (_is("parts", [1] * 501), [("/value", "invalid")]),
        (_is("parts", None), [("/value", "invalid")]),
        ({"field": "parts"}, [("/value", "invalid")]),
        (_is("parts", [1], "gt"), [("/value", "invalid")]),
        (_is("parts", 1, "between"), [("/value", "invalid")]),
        (_is("parts", [1], "between"), [("/value", "invalid")]),
        (_is("parts", "true", "empty"), [("/value", "invalid")]),
        (_is("colour", "Blue"), [("/value", "invalid")]),
        (_is("parent_id", "me"), [("/value", "invalid")]),
        (_is("made_on", "last_0_days"), [("/value", "invalid")]),
        (_is("made_on", "last_36501_days"), [("/value", "invalid")]),
        (_is("made_on", "last_2_hours"), [("/value", "invalid")]),
        (_is("seen_at", "someday"), [("/value", "invalid")]),
        (_is("name", 1, "contains"), [("/value", "invalid")]),
        ({"field": "parts", "value": 1, "x": 1}, [("/x", "unknown_field")]),
        ({"all": 1}, [("/all", "invalid")]),
        ({"any": []}, [("/any", "required")]),
        ({"not": []}, [("/not", "invalid")]),
        ({"all": [], "any": [_is("parts", 1)]}, [("/any", "unknown_field")]),
        (
            {"all": [_is("a/b", 1), {"any": [_is("parts", 1), _is("parts", "y"), 3]}]},
            [
                ("/all/0/field", "unknown_field"),
                ("/all/1/any/1/value", "invalid"),
                ("/all/1/any/2", "invalid"),
            ],
        ),
        (_nested(9), [("/all/0" * 8, "too_deep")]),
        ({"all": [_is("parts", 1)] * 102}, [("/all/100", "too_many")]),
    ],
)
def test_every_bad_node_is_named(ben, tree, errors):
    assert ben.invalid("POST", "/widgets/search", {"filter": tree}) == [
        (f"/filter{pointer}", code) for pointer, code in errors
    ]


def test_trees_of_the_greatest_depth_and_size_are_read(ben):
    ben("POST", "/widgets/search", {"filter": _nested(8)})
    ben("POST", "/widgets/search", {"filter": {"any": [_is("parts", 1)] * 100}})


def test_every_bad_part_of_a_search_is_named_at_once(ben):
    body = {
        "filter": _is("x", 1),
        "sort": ["y"],
        "fields": ["z"],
        "limit": 0,
        "cursor": "!",
        "w": 1,
    }
    assert sorted(ben.invalid("POST", "/widgets/search", body)) == [
        ("/cursor", "invalid"),
        ("/fields", "unknown_field"),
        ("/filter/field", "unknown_field"),
        ("/limit", "greater_than_equal"),
        ("/sort", "unknown_field"),
        ("/w", "unknown_field"),
    ]
    ben("POST", "/widgets/search", [], status=400)
    ben("POST", "/nothing/search", {}, status=404)
