"""Saved views: whose they are, who may use and change them, what they list and count."""

import pytest

from tests.service.served import ANNA, BEN, BOSS, CLARA, DESK, OFFICE


def _is(field, value, operator="eq"):
    return {"field": field, "operator": operator, "value": value}


def _wish(name, **values):
    return {"name": name, "columns": ["name", "parts"]} | values


@pytest.fixture
def view(ben, tag):
    """One of Ben's: his widgets of this tag with more than one part, the most parts first."""
    tree = {"all": [_is("name", tag, "starts_with"), _is("parts", 1, "gt")]}
    wish = _wish(f"View {tag}", filter=tree, sort=["-parts"])
    return ben.create("widgets/views", **wish)


def _stock(ben, tag):
    for parts in (1, 2, 3):
        ben.create("widgets", name=f"{tag} {parts}", parts=parts, colour="Green")


def test_a_view_is_kept_as_it_was_sent(ben, view, tag):
    assert view == {
        "id": view["id"],
        "name": f"View {tag}",
        "columns": ["name", "parts"],
        "filter": {"all": [_is("name", tag, "starts_with"), _is("parts", 1, "gt")]},
        "sort": ["-parts"],
        "metric": False,
        "visibility": "private",
        "shared_with": [],
        "owner_id": BEN,
        "shipped": False,
        "editable": True,
        "version": 1,
        "problems": [],
    }
    answer = ben.ask("GET", f"/widgets/views/{view['id']}")
    assert (answer.json(), answer.headers["ETag"]) == (view, '"1"')


def test_a_list_shows_what_the_view_says_unless_asked_otherwise(ben, view, tag):
    _stock(ben, tag)
    address = f"/widgets?view={view['id']}"

    def rows(query=""):
        items = ben.get(address + query)["items"]
        assert [held.pop("id") for held in items]
        return items

    two, three = ({"name": f"{tag} {n}", "parts": n} for n in (2, 3))
    assert rows() == [three, two]
    assert rows("&sort=parts") == [two, three]
    assert rows("&fields=parts") == [{"parts": 3}, {"parts": 2}]
    assert rows("&filter[parts][lt]=3") == [two]
    body = {"view": view["id"], "filter": _is("parts", 3), "count": "exact"}
    page = ben("POST", "/widgets/search", body)
    assert (page["items"][0]["name"], page["count"]) == (three["name"], 1)
    page = ben.get(f"{address}&limit=1")
    assert ben.get(f"{address}&limit=1&cursor={page['next_cursor']}")["items"][0]["parts"] == 2
    assert ben.get(f"/widgets/views/{view['id']}/count") == {"count": 2}


def test_a_view_shows_each_caller_their_own_records(ben, anna, clara, view, tag):
    _stock(ben, tag)
    ben("PATCH", f"/widgets/views/{view['id']}", {"visibility": "public"})
    counts = [api.get(f"/widgets/views/{view['id']}/count")["count"] for api in (ben, anna, clara)]
    assert counts == [2, 2, 0]


@pytest.mark.parametrize(
    ("sharing", "seen_by"),
    [
        ({}, "ben boss"),
        ({"visibility": "public"}, "ben boss anna clara"),
        ({"kind": "user", "id": CLARA}, "ben boss clara"),
        ({"kind": "role", "id": OFFICE}, "ben boss anna"),
        ({"kind": "role", "id": DESK}, "ben boss clara"),
        ({"kind": "role_and_below", "id": OFFICE}, "ben boss anna clara"),
        ({"kind": "role_and_below", "id": DESK}, "ben boss clara"),
    ],
)
def test_who_may_use_a_view(workshop, ben, view, sharing, seen_by):
    if "kind" in sharing:
        sharing = {"visibility": "shared", "shared_with": [sharing]}
    ben("PATCH", f"/widgets/views/{view['id']}", sharing)
    people = {"ben": BEN, "boss": BOSS, "anna": ANNA, "clara": CLARA}
    for name, user_id in people.items():
        api = workshop.as_(user_id)
        seen = name in seen_by.split()
        listed = {held["id"]: held for held in api.get("/widgets/views")["items"]}
        assert (view["id"] in listed) is seen, name
        api.get(f"/widgets/views/{view['id']}", status=200 if seen else 404)
        api.get(f"/widgets?view={view['id']}", status=200 if seen else 400)
        if seen:
            assert listed[view["id"]]["editable"] is (name in {"ben", "boss"})
            status = 200 if name in {"ben", "boss"} else 403
            api("PATCH", f"/widgets/views/{view['id']}", {"metric": False}, status=status)


def test_changing_a_view_changes_what_is_sent(ben, view):
    address = f"/widgets/views/{view['id']}"
    changed = ben("PATCH", address, {"sort": ["name"], "columns": ["parts"]}, If_Match='"1"')
    assert changed == view | {"sort": ["name"], "columns": ["parts"], "version": 2}
    ben("PATCH", address, {"name": "x"}, If_Match='"1"', status=412)
    assert ben.get(address) == changed
    share = [{"kind": "user", "id": ANNA}]
    shared = ben("PATCH", address, {"visibility": "shared", "shared_with": share})
    assert shared["shared_with"] == share
    assert ben("PATCH", address, {"visibility": "private"})["shared_with"] == []


def test_only_a_views_owner_and_administrators_delete_it(ben, anna, boss, view):
    address = f"/widgets/views/{view['id']}"
    ben("PATCH", address, {"visibility": "public"})
    anna("DELETE", address, status=403)
    anna("PUT", "/widgets/views/default", {"view": view["id"]})
    boss("DELETE", address, status=204)
    ben.get(address, status=404)
    assert anna.get("/widgets/views")["default"] == "all"


def test_a_list_starts_with_the_default(ben, anna, view, tag):
    _stock(ben, tag)
    assert ben("PUT", "/widgets/views/default", {"view": view["id"]}) == {"view": view["id"]}
    assert ben.get("/widgets/views")["default"] == view["id"]
    assert anna.get("/widgets/views")["default"] == "all"
    assert [held["parts"] for held in ben.get("/widgets?view=default")["items"]] == [3, 2]
    anna("PUT", "/widgets/views/default", {"view": view["id"]}, status=404)
    assert ben("PUT", "/widgets/views/default", {"view": None}) == {"view": "all"}
    assert ben.get("/widgets/views/default")["id"] == "all"


def test_a_default_that_is_shared_no_more_is_that_of_all(ben, anna, view):
    address = f"/widgets/views/{view['id']}"
    ben("PATCH", address, {"visibility": "public"})
    anna("PUT", "/widgets/views/default", {"view": view["id"]})
    ben("PATCH", address, {"visibility": "private"})
    assert anna.get("/widgets/views")["default"] == "all"
    anna("PUT", "/widgets/views/default", {"view": None})


def test_shipped_views_are_read_and_copied_but_not_changed(boss, ben, tag):
    everything, repealed = ben.get("/rules/views")["items"][:2]
    assert (everything["id"], everything["columns"]) == ("all", ["text", "modified_at"])
    about = ("id", "shipped", "editable", "owner_id", "metric")
    assert [repealed[name] for name in about] == ["repealed", True, False, None, True]
    assert ben.get("/widgets/views/all")["columns"] == [
        *("number", "name", "owner_id", "modified_at"),
    ]
    for method in ("PATCH", "DELETE"):
        boss(method, "/rules/views/repealed", {}, status=403)
        boss(method, "/rules/views/nothing", {}, status=404)
    boss.create("rules", text=f"{tag} a", repealed=True)
    boss.create("rules", text=f"{tag} b")
    found = boss.get(f"/rules?view=repealed&filter[text][starts_with]={tag}")["items"]
    assert [held["text"] for held in found] == [f"{tag} a"]
    copied = {name: repealed[name] for name in ("columns", "filter", "sort")}
    copy = ben.create("rules/views", name=f"Copy {tag}", **copied)
    assert (copy["filter"], copy["owner_id"]) == (repealed["filter"], BEN)


def test_key_metrics_are_counted_live(ben, clara, view, tag):
    address = f"/widgets/views/{view['id']}"
    ben("PATCH", address, {"metric": True, "visibility": "public"})

    def count(api):
        items = api.get("/key-metrics")["items"]
        assert {"rules"} <= {item["plural"] for item in items}
        [mine] = [item for item in items if item["view"] == view["id"]]
        assert (mine["entity"], mine["name"]) == ("widget", view["name"])
        return mine["count"]

    assert count(ben) == 0
    _stock(ben, tag)
    assert (count(ben), count(clara)) == (2, 0)


def test_a_view_whose_field_has_gone_says_so(workshop, ben, view):
    tree = '{"any": [{"field": "gone", "operator": "eq", "value": [1]}]}'
    workshop.sql(
        "UPDATE saved_view SET filter = %s, columns = %s, sort = %s, metric = true WHERE id = %s"
        " RETURNING id",
        *(tree, '["name", "away"]', '["lost"]', view["id"]),
    )
    errors = [
        ("/filter/any/0/field", "unknown_field"),
        ("/sort", "unknown_field"),
        ("/columns/1", "unknown_field"),
    ]
    address = f"/widgets/views/{view['id']}"
    [listed] = [v for v in ben.get("/widgets/views")["items"] if v["id"] == view["id"]]
    assert [(e["pointer"], e["code"]) for e in listed["problems"]] == errors
    for path in (f"/widgets?view={view['id']}", f"{address}/count"):
        problem = ben.get(path, status=409)
        assert problem["code"] == "view_outdated"
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == errors
    metrics = {item["view"]: item["count"] for item in ben.get("/key-metrics")["items"]}
    assert metrics[view["id"]] is None
    mended = {"filter": {}, "sort": [], "columns": ["name"]}
    assert ben("PATCH", address, mended)["problems"] == []


@pytest.mark.parametrize(
    ("wish", "errors"),
    [
        ({}, [("/columns", "required"), ("/name", "required")]),
        (_wish(" "), [("/name", "required")]),
        (_wish("x" * 101), [("/name", "too_long")]),
        (_wish("x", columns=[]), [("/columns", "too_short")]),
        (_wish("x", columns=["name"] * 16), [("/columns", "too_long")]),
        (
            _wish("x", columns=["name", "nothing", "name", "parent_id.name"]),
            [("/columns/1", "unknown_field"), ("/columns/2", "not_unique")],
        ),
        (_wish("x", sort=["-nothing"]), [("/sort", "unknown_field")]),
        (_wish("x", filter=_is("nothing", 1)), [("/filter/field", "unknown_field")]),
        (_wish("x", filter={"all": [{}]}), [("/filter/all/0/field", "invalid")]),
        (_wish("x", visibility="secret"), [("/visibility", "unknown_value")]),
        (_wish("x", visibility="shared"), [("/shared_with", "required")]),
        (
            _wish("x", shared_with=[{"kind": "user", "id": BEN}]),
            [("/shared_with", "unexpected_value")],
        ),
        (
            _wish(
                "x",
                visibility="shared",
                shared_with=[{"kind": "role", "id": BEN}, {"kind": "user", "id": DESK}],
            ),
            [("/shared_with/0/id", "dangling_link"), ("/shared_with/1/id", "dangling_link")],
        ),
        (_wish("x", colour="Red"), [("/colour", "unknown_field")]),
    ],
)
def test_every_bad_field_of_a_view_is_named(ben, wish, errors):
    found = sorted(ben.invalid("POST", "/widgets/views", wish))
    assert found == errors


def test_a_name_is_ones_own_only_once(ben, anna, view):
    wish = _wish(view["name"])
    assert ben.invalid("POST", "/widgets/views", wish) == [("/name", "not_unique")]
    anna.create("widgets/views", **wish)
    ben.create("crates/views", name=view["name"], columns=["name"])


def test_nobody_sees_views_of_what_they_may_not_see(ben):
    for path in ("/secrets/views", "/secrets/views/all", "/secrets/views/all/count"):
        ben.get(path, status=403)
    assert "secrets" not in {item["plural"] for item in ben.get("/key-metrics")["items"]}
    ben.get("/nothing/views", status=404)
    assert ben.get("/widgets?view=nothing", status=400)["errors"][0]["pointer"] == "/view"
