"""Fields that an administrator adds behave as declared ones do, everywhere."""

import pytest

from tests.eventually import eventually
from tests.service.served import BOSS

VALUES = {
    "text": ("Straße 北京", "Straße 北京", {"max_length": 40}),
    "decimal": ("12.50", "12.50", {"scale": 2}),
    "integer": (-7, -7, {}),
    "percent": ("99.5", "99.5", {}),
    "money": ("1000.10", "1000.10", {}),
    "date": ("2024-02-29", "2024-02-29", {}),
    "time": ("23:59", "23:59:00", {}),
    "email": ("ada@Example.ORG", "ada@example.org", {}),
    "phone": ("+31 20 624 1111", "+31 20 624 1111", {}),
    "picklist": ("North", "North", {"choices": ["North", "South"]}),
    "multiselect": (["South", "North"], ["North", "South"], {"choices": ["North", "South"]}),
    "url": ("tandem.example/a", "tandem.example/a", {}),
    "boolean": (True, True, {}),
    "long_text": ("One\nTwo", "One\nTwo", {}),
    "skype": ("ada.l", "ada.l", {}),
}
"""By kind: what is sent, what is read, and what the field is made of."""

WRONG = {
    "text": [("x" * 41, "too_long"), (3, "string_type")],
    "decimal": [("1.234", "decimal_max_places"), (True, "invalid")],
    "integer": [("x", "int_parsing"), (2**31, "less_than_equal")],
    "percent": [("101", "less_than_equal")],
    "date": [("29-02-2024", "invalid"), ("2023-02-29", "date_parsing")],
    "time": [("25:00", "time_parsing"), (3600, "invalid")],
    "email": [("ada", "invalid")],
    "phone": [("no", "invalid")],
    "picklist": [("West", "unknown_value")],
    "multiselect": [(["West"], "unknown_value"), ("North", "list_type")],
    "url": [("not an address", "invalid")],
    "boolean": [("yes", "bool_type")],
    "skype": [("x" * 101, "too_long")],
}


@pytest.fixture(scope="module")
def of_each_kind(workshop):
    """The name of one field of each kind."""
    names = {kind: f"cf_each_{kind}" for kind in VALUES}
    boss = workshop.as_(BOSS)
    for kind, (_, _, about) in VALUES.items():
        body = {"name": names[kind], "kind": kind, "labels": {"en": kind}, **about}
        boss("POST", "/meta/widget/fields", body, status=201)
    return names


def sent(names):
    return {names[kind]: value for kind, (value, _, _) in VALUES.items()}


def read(names):
    return {names[kind]: value for kind, (_, value, _) in VALUES.items()}


def of(record, names):
    return {name: record[name] for name in names.values()}


def fed(api, record_id, names):
    """What the feed says of them; it waits for whatever else is being written."""
    items = {item["id"]: item for item in api.get("/widgets/changes?limit=200")["items"]}
    return record_id in items and of(items[record_id]["record"], names)


def test_every_kind_is_written_and_read_everywhere(workshop, ben, tag, of_each_kind):
    names, wanted = of_each_kind, read(of_each_kind)
    made = ben.create("widgets", name=tag, **sent(names))
    at = f"/widgets/{made['id']}"
    assert of(made, names) == wanted
    assert of(ben.get(at), names) == wanted
    listed = ben.get(f"/widgets?filter[name]={tag}&fields={','.join(names.values())}")
    assert listed["items"] == [{"id": made["id"], **wanted}]
    [written] = ben.get(f"{at}/history")["items"]
    changes = {change["field"]: change["new"] for change in written["changes"]}
    assert {name: changes.get(name) for name in names.values()} == wanted
    eventually(lambda: fed(ben, made["id"], names), wanted)
    [(data,)] = workshop.sql(
        "SELECT (convert_from(body, 'UTF8')::jsonb) -> 'data' FROM outbox"
        " WHERE type = 'crm.workshop.widget.created.v1'"
        " AND convert_from(body, 'UTF8')::jsonb ->> 'subject' = %s",
        made["id"],
    )
    assert of(data["record"], names) == wanted


def test_every_kind_is_emptied_and_changed(ben, tag, of_each_kind):
    names = of_each_kind
    at = f"/widgets/{ben.create('widgets', name=tag, **sent(names))['id']}"
    nothing = dict.fromkeys(names.values()) | {names["boolean"]: False}
    emptied = ben("PATCH", at, nothing)
    assert of(emptied, names) == of(ben.get(at), names) == nothing
    assert emptied["version"] == 2
    assert of(ben("PATCH", at, sent(names)), names) == read(names)
    assert ben("PATCH", at, read(names))["version"] == 3  # nothing has changed


@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_is_filtered_and_sorted_by(ben, tag, of_each_kind, kind):
    name, (_, value, _) = of_each_kind[kind], VALUES[kind]
    here = f"/widgets?filter[name]={tag}"
    with_it = ben.create("widgets", name=tag, **{name: VALUES[kind][0]})["id"]
    without = ben.create("widgets", name=tag)["id"]

    def found(question):
        return [item["id"] for item in ben.get(f"{here}&{question}")["items"]]

    if kind == "boolean":
        assert found(f"filter[{name}]=true") == [with_it]
        assert found(f"filter[{name}]=false") == [without]
        assert found(f"sort={name}") == [without, with_it]
        return
    assert found(f"filter[{name}][empty]=true") == [without]
    assert found(f"filter[{name}][empty]=false") == [with_it]
    if kind == "multiselect":
        assert found(f"filter[{name}][contains]=North") == [with_it]
        estimate = ben.get(f"{here}&filter[{name}][contains]=North&count=estimate")["count"]
        assert estimate >= 0
        assert found(f"filter[{name}][not_contains]=North") == [without]
        return
    if kind != "long_text":
        assert found(f"filter[{name}]={str(value).replace('+', '%2B')}") == [with_it]
    assert found(f"sort={name}") == [with_it, without]
    assert found(f"sort=-{name}") == [without, with_it]


def test_what_is_wrong_is_named_with_all_other_faults(ben, tag, of_each_kind):
    for kind, cases in WRONG.items():
        for value, code in cases:
            body = {"name": tag, of_each_kind[kind]: value, "parts": -1}
            pointer = f"/{of_each_kind[kind]}"
            faults = dict(ben.invalid("POST", "/widgets", body))
            within = [found for at, found in faults.items() if at.startswith(pointer)]
            assert within == [code], (kind, value)
            assert faults["/parts"] == "greater_than_equal"
    assert ben.get(f"/widgets?filter[name]={tag}")["items"] == []


def test_an_import_repeated_changes_nothing(ben, tag, of_each_kind):
    at = f"/widgets/external/test/{tag}"
    outcomes = [
        ben.ask("PUT", at, {"name": tag, **sent(of_each_kind)}).headers["Tandem-Outcome"]
        for _ in range(2)
    ]
    outcomes += [ben.ask("PUT", at, {of_each_kind["integer"]: 8}).headers["Tandem-Outcome"]]
    assert outcomes == ["created", "unchanged", "changed"]


def test_pages_go_on_behind_a_value(ben, tag, new_field):
    name = new_field("integer")
    for number in (3, None, 1, 2, None):
        ben.create("widgets", name=tag, **{name: number})
    found, cursor = [], ""
    while cursor is not None:
        page = ben.get(f"/widgets?filter[name]={tag}&sort={name}&limit=2&cursor={cursor}")
        found += [item[name] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == [1, 2, 3, None, None]


def test_it_is_described(boss, ben, new_field):
    name = new_field("decimal", scale=2, minimum="0", maximum="9.50", help={"en": "In kilos"})
    meta = {field["name"]: field for field in ben.get("/meta/widget")["fields"]}
    position = meta[name].pop("position")
    assert meta[name] == {
        "name": name,
        "kind": "decimal",
        "label": "Of decimal",
        "help": "In kilos",
        "custom": True,
        "required": False,
        "read_only": False,
        "personal": False,
        "unique": False,
        "mass_editable": True,
        "quick_create": False,
        "summary": False,
        "header": False,
        "display": "shown",
        "block": "details",
        "minimum": "0",
        "maximum": "9.50",
        "sortable": True,
        "filters": meta["weight"]["filters"],
    }
    blocks = {block["name"]: block["fields"] for block in ben.get("/meta/widget")["blocks"]}
    assert blocks["details"][position - 1] == name
    assert [f["name"] for f in boss.get("/meta/widget/fields")["items"]] == list(meta)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"name": "region"}, [("/name", "invalid")]),
        ({"name": "cf_" + "x" * 48}, [("/name", "invalid")]),
        ({"name": "cf_É"}, [("/name", "invalid")]),
        ({"kind": "link"}, [("/kind", "unknown_value")]),
        ({"labels": {}}, [("/labels", "too_short")]),
        ({"labels": {"english": "Region"}}, [("/labels/english", "invalid")]),
        ({"labels": None}, [("/labels", "dict_type")]),
        ({"kind": "picklist"}, [("/choices", "required")]),
        ({"kind": "picklist", "choices": ["A", "A"]}, [("/choices/1", "twice")]),
        ({"choices": ["A"]}, [("/choices", "invalid")]),
        (
            {"kind": "integer", "max_length": 3, "scale": 1},
            [("/max_length", "invalid"), ("/scale", "invalid")],
        ),
        ({"kind": "integer", "minimum": "0.5"}, [("/minimum", "invalid")]),
        ({"kind": "decimal", "minimum": "2", "maximum": "1"}, [("/maximum", "invalid")]),
        ({"kind": "integer", "default": "x"}, [("/default", "invalid")]),
        ({"kind": "boolean", "unique": True}, [("/unique", "invalid")]),
        ({"kind": "boolean", "required": True}, [("/required", "invalid")]),
        ({"unique": True, "default": "x"}, [("/default", "invalid")]),
        ({"block": "nowhere"}, [("/block", "unknown_value")]),
        ({"position": 0}, [("/position", "greater_than_equal")]),
        ({"display": "upside_down"}, [("/display", "unknown_value")]),
        ({"colour": "red"}, [("/colour", "unknown_field")]),
    ],
)
def test_what_cannot_be_a_field_is_refused_and_nothing_stored(boss, body, faults):
    wish = {"name": "cf_refused", "kind": "text", "labels": {"en": "Region"}} | body
    assert [
        (pointer.removesuffix("/[key]"), code)
        for pointer, code in boss.invalid("POST", "/meta/widget/fields", wish)
    ] == faults
    assert "cf_refused" not in {f["name"] for f in boss.get("/meta/widget/fields")["items"]}


def test_a_name_is_given_once(boss, new_field):
    name = new_field()
    body = {"name": name, "kind": "integer", "labels": {"en": "Again"}}
    assert boss.refused("POST", "/meta/widget/fields", body) == "field_exists"


def test_only_administrators_shape(ben, new_field):
    name = new_field()
    body = {"name": "cf_mine", "kind": "text", "labels": {"en": "Mine"}}
    for method, path, sent in (
        ("POST", "fields", body),
        ("PATCH", f"fields/{name}", {"required": True}),
        ("DELETE", f"fields/{name}", None),
        ("PUT", "layout", {"blocks": [{"name": "all"}]}),
        ("PUT", "numbering", {"prefix": "W", "next": 1}),
        ("PUT", "module", {"active": False}),
        ("PUT", "names", {}),
        ("GET", "history", None),
    ):
        assert ben(method, f"/meta/widget/{path}", sent, status=403)["code"] == "forbidden", path
    assert ben.get("/meta/widget/fields")["items"]


def test_nothing_is_there_to_shape_of_an_unknown_entity(boss):
    boss("PATCH", "/meta/widget/fields/cf_nothing", {}, status=404)
    boss("DELETE", "/meta/widget/fields/cf_nothing", status=404)
    boss.get("/meta/nothing/fields", status=404)


def test_every_process_knows_a_field_at_once(boss, ben, ben_elsewhere, tag, new_field):
    ben_elsewhere.create("widgets", name=tag)  # it has looked just now
    name = new_field("integer")
    made = ben_elsewhere.create("widgets", name=tag, **{name: 4})
    assert made[name] == 4
    other = new_field("integer")
    found = ben_elsewhere.get(
        f"/widgets?filter[name]={tag}&filter[{name}]=4&filter[{other}][empty]"
    )
    assert [item["id"] for item in found["items"]] == [made["id"]]
    assert ben.get(f"/widgets/{made['id']}")[other] is None


def test_a_deleted_field_takes_its_values_with_it(workshop, boss, ben, tag, new_field):
    name, other = new_field(), new_field()
    made = ben.create("widgets", name=tag, **{name: "gone soon", other: "stays"})
    at = f"/widgets/{made['id']}"
    job = boss("DELETE", f"/meta/widget/fields/{name}", status=202)
    assert name not in ben.get(at)
    assert ben.invalid("PATCH", at, {name: "again"}) == [(f"/{name}", "unknown_field")]
    again = {"name": name, "kind": "integer", "labels": {"en": "Of another kind"}}
    boss("POST", "/meta/widget/fields", again, status=201)
    assert ben.get(at)[name] is None
    assert ben("PATCH", at, {name: 5})[name] == 5
    at_work = f"/widgets/jobs/{job['id']}"
    eventually(lambda: boss.get(at_work)["state"], "done")
    assert boss.get(at_work)["done"] == 1
    [(kept,)] = workshop.sql("SELECT custom FROM widget WHERE id = %s", made["id"])
    live = "SELECT 'f' || id FROM custom_field WHERE name NOT IN (%s, %s)"
    of_others = {key for (key,) in workshop.sql(live, name, other)}  # of other tests, by default
    assert sorted(str(kept[key]) for key in kept.keys() - of_others) == ["5", "stays"]
    assert ben.get(at)["version"] == 2
    written = workshop.sql("SELECT name FROM custom_field WHERE deleted_at IS NOT NULL")
    assert written == []


def test_a_declared_field_cannot_be_deleted(boss):
    assert boss.refused("DELETE", "/meta/widget/fields/name") == "relied_on"
    assert boss.refused("DELETE", "/meta/widget/fields/number") == "relied_on"


def test_shaping_is_journalled_and_told(workshop, boss, new_field):
    name = new_field("picklist", choices=["A", "B"])
    boss("PATCH", f"/meta/widget/fields/{name}", {"required": True, "default": "B"})
    changed, added = boss.get("/meta/widget/history?limit=2")["items"]
    assert {c["field"]: (c["old"], c["new"]) for c in changed["changes"]} == {
        "required": (None, True),
        "default": (None, "B"),
    }
    assert {c["field"]: c["new"] for c in added["changes"]}["choices"] == ["A", "B"]
    [(data,)] = workshop.sql(
        "SELECT (convert_from(body, 'UTF8')::jsonb) -> 'data' FROM outbox"
        " WHERE type = 'crm.workshop.tailoring.changed.v1' ORDER BY seq DESC LIMIT 1"
    )
    assert data["entity"] == "widget"
    assert data["what"] == f"fields/{name}"
    assert data["changes"] == {"required": [None, True], "default": [None, "B"]}
    assert data["shape"]["custom"][name] == {"kind": "picklist", "choices": ["A", "B"]}
    assert data["shape"]["of_fields"][name]["required"] is True


def test_administrators_mark_what_tells_of_a_person(boss, tag):
    name = f"cf_{tag}"
    boss(
        "POST",
        "/meta/widget/fields",
        {"name": name, "kind": "text", "labels": {"en": "Pet"}},
        status=201,
    )
    marked = boss("PATCH", f"/meta/widget/fields/{name}", {"personal": True})
    assert marked["personal"] is True
    refused = boss.invalid("PATCH", "/meta/widget/fields/email", {"personal": False})
    assert refused == [("/personal", "relied_on")]
