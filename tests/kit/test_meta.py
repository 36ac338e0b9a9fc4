"""What a client must know to show an entity without knowing it beforehand."""

from crmkit.verbs import TOOLS


def test_every_field_is_described(ben):
    meta = ben.get("/meta/widget")
    assert {name: meta[name] for name in ("entity", "plural", "title", "number_prefix")} == {
        "entity": "widget",
        "plural": "widgets",
        "title": "Widget",
        "number_prefix": "WID",
    }
    assert meta["label_fields"] == ["name"]
    assert "line_fields" not in meta
    fields = {field["name"]: field for field in meta["fields"]}
    assert sorted(fields) == sorted(
        [
            *("id", "number", "version", "created_at", "modified_at", "created_by", "modified_by"),
            *("source", "owner_id", "name", "code", "notes", "email", "phone", "website", "parts"),
            *("weight", "share", "price", "active", "made_on", "seen_at", "colour", "parent_id"),
            *("sizes", "gizmo_id", "doubled", "crated"),
        ]
    )
    assert fields["name"] == {
        "name": "name",
        "kind": "text",
        "label": "Name",
        "help": None,
        "custom": False,
        "block": "details",
        "position": 1,
        "unique": False,
        "mass_editable": True,
        "quick_create": True,
        "summary": True,
        "header": False,
        "display": "shown",
        "required": True,
        "read_only": False,
        "personal": False,
        "filters": ["eq", "ne", "empty", "contains", "starts_with", "ends_with", "not_contains"],
        "sortable": True,
        "max_length": 40,
    }
    assert fields["colour"]["choices"] == ["Red", "Green", "Sky, blue"]
    assert fields["colour"]["default"] == "Red"
    assert fields["colour"]["filters"] == ["eq", "ne", "empty"]
    ordered = ["eq", "ne", "empty", "gt", "gte", "lt", "lte", "between"]
    assert fields["parts"]["filters"] == ordered
    assert (fields["parts"]["minimum"], fields["parts"]["maximum"]) == ("0", "1000")
    assert fields["parent_id"]["target"] == "widget"
    assert fields["owner_id"]["target"] == "user"
    assert (fields["sizes"]["filters"], fields["sizes"]["sortable"]) == (["empty"], False)
    assert fields["doubled"]["read_only"]
    assert fields["crated"] == {
        "name": "crated",
        "kind": "computed",
        "label": "Crated",
        "required": False,
        "read_only": True,
        "personal": False,
    }


def test_lines_are_described_too(ben):
    lines = {field["name"]: field for field in ben.get("/meta/crate")["line_fields"]}
    assert list(lines) == ["widget_id", "quantity", "fragile", "packed"]
    assert lines["widget_id"]["target"] == "widget"
    assert lines["packed"]["read_only"]


def test_it_says_what_the_caller_may_do(ben, boss):
    verbs = ("create", "delete", "edit", "import", "merge", "view", *sorted(TOOLS))
    everything = dict.fromkeys(verbs, True) | {"purge": False}
    closed = {"delete": False, "merge": False, "purge": False}
    rights = {
        who: {name: api.get(f"/meta/{name}")["rights"] for name in ("crate", "rule", "secret")}
        for who, api in (("ben", ben), ("boss", boss))
    }
    nothing = dict.fromkeys(everything, False)
    ruler = everything | {"purge": True}
    assert rights == {
        "ben": {
            "crate": everything | closed,
            "rule": nothing | {"view": True},
            "secret": nothing,
        },
        "boss": {"crate": everything | closed, "rule": ruler, "secret": ruler},
    }
    assert ben.get("/meta/widget")["rights"] == everything | {"paint": True}


def test_an_unknown_entity_has_no_description(ben):
    for name in ("widgets", "x", "Widget"):
        ben.get(f"/meta/{name}", status=404)
