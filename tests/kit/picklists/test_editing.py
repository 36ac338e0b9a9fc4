"""Picklists in an administrator's hands: what can be changed, and who may choose what."""

import pytest

from tests.kit.picklists.lists import GRADES, SHAPES, SIZES, followed, names, one, value
from tests.service.served import DESK, OFFICE


def test_a_list_is_shown_with_all_that_is_known_of_it(boss, anna):
    plain = {"colour": None, "protected": False, "roles": [], "traits": None}
    assert boss.get("/meta/widget/picklists/colour") == {
        "entity": "widget",
        "field": "colour",
        "kind": "picklist",
        "editable": True,
        "role_based": True,
        "default": "Red",
        "version": 0,
        "values": [
            {"value": "Red", **plain},
            {"value": "Green", **plain, "protected": True},
            {"value": "Sky, blue", **plain},
        ],
        "following": [],
    }
    items = boss.get("/meta/medal/picklists")["items"]
    assert [(item["field"], item["editable"], item["role_based"]) for item in items] == [
        ("size", True, True),
        ("shape", True, True),
        ("state", False, False),
        ("make", True, False),
        ("grade", True, True),
    ]
    boss.get("/meta/medal/picklists/name", status=404)
    boss.get("/meta/nothing/picklists", status=404)
    for method, path, body in (
        ("GET", SIZES, None),
        ("POST", f"{SIZES}/values", {"value": "x"}),
        ("PATCH", value(SIZES, "S"), {"value": "x"}),
        ("DELETE", value(SIZES, "S"), None),
        ("PUT", f"{SIZES}/values", {"values": []}),
        ("PUT", "/meta/medal/picklist-dependencies", {"dependencies": []}),
    ):
        assert anna(method, path, body, status=403)["code"] == "forbidden"


def test_a_new_value_can_be_chosen_at_once(boss, ben, tag):
    added = {"value": f" {tag}/1 ", "colour": "#A0B0C0", "before": "L"}
    document = boss("POST", f"{SIZES}/values", added, status=201)
    assert names(document)[names(document).index("L") - 1] == f"{tag}/1"
    assert one(document, f"{tag}/1")["colour"] == "#a0b0c0"
    made = ben.create("medals", name=tag, make="Ours", size=f"{tag}/1")
    assert made["size"] == f"{tag}/1"
    (size,) = (f for f in ben.get("/meta/medal")["fields"] if f["name"] == "size")
    assert size["choices"] == names(document)
    assert size["colours"][f"{tag}/1"] == "#a0b0c0"
    counted = boss.get(f"{SIZES}?count=true")
    assert one(counted, f"{tag}/1")["records"] == 1
    changed = boss("PATCH", value(SIZES, f"{tag}/1"), {"colour": None})
    assert one(changed, f"{tag}/1")["colour"] is None
    assert boss.invalid("POST", f"{SIZES}/values", {"value": f"{tag}/1".upper()}) == [
        ("/value", "not_unique")
    ]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, [("/value", "required")]),
        ({"value": " "}, [("/value", "required")]),
        ({"value": "x" * 101}, [("/value", "too_long")]),
        ({"value": "a//b"}, [("/value", "invalid")]),
        ({"value": ".."}, [("/value", "invalid")]),
        ({"value": "a\nb"}, [("/value", "invalid")]),
        (
            {"value": 1, "colour": "red", "roles": ["x"], "order": 1},
            [
                ("/value", "string_type"),
                ("/colour", "invalid"),
                ("/roles/0", "invalid"),
                ("/order", "unknown_field"),
            ],
        ),
        ({"value": "x", "before": "y"}, [("/before", "unknown_value")]),
        (
            {"value": "x", "roles": [DESK, DESK[:-1] + "9"]},
            [("/roles/1", "unknown_value")],
        ),
        ({"value": "x", "traits": {"price": "1"}}, [("/traits", "unknown_field")]),
    ],
)
def test_every_bad_field_of_a_new_value_is_named(boss, body, wrong):
    assert boss.invalid("POST", f"{SIZES}/values", body) == wrong


def test_an_unused_value_is_simply_deleted(boss, tag):
    boss("POST", f"{SHAPES}/values", {"value": tag}, status=201)
    assert tag not in names(boss("DELETE", value(SHAPES, tag)))
    assert boss.invalid("POST", "/medals", {"name": tag, "make": "Ours", "shape": tag}) == [
        ("/shape", "unknown_value")
    ]


def test_values_that_the_program_relies_on_stay(boss):
    assert boss.refused("PATCH", value(SIZES, "L"), {"value": "XL"}) == "value_protected"
    assert boss.refused("DELETE", f"{value(SIZES, 'L')}?replacement=S") == "value_protected"
    states = "/meta/medal/picklists/state"
    assert boss.refused("POST", f"{states}/values", {"value": "x"}) == "picklist_fixed"
    assert boss.refused("PATCH", value(states, "new"), {"value": "x"}) == "picklist_fixed"
    assert boss.refused("DELETE", f"{value(states, 'new')}?replacement=old") == "picklist_fixed"
    # How they look is nobody's rule.
    blue = boss("PATCH", value(states, "new"), {"colour": "#0000ff"})
    assert one(blue, "new") == {
        "value": "new",
        "colour": "#0000ff",
        "protected": True,
        "roles": [],
        "traits": None,
    }
    assert names(boss("PUT", f"{states}/values", {"values": ["old", "new"]})) == ["old", "new"]
    makes = "/meta/medal/picklists/make"
    boss("DELETE", f"{value(makes, 'Theirs')}?replacement=Ours")
    assert boss.refused("DELETE", value(makes, "Ours")) == "last_value"
    boss("POST", f"{makes}/values", {"value": "Theirs again"}, status=201)


def test_values_stand_in_the_order_they_are_put(boss, tag):
    order = names(boss.get(SIZES))
    backwards = order[::-1]
    assert names(boss("PUT", f"{SIZES}/values", {"values": backwards})) == backwards
    (size,) = (f for f in boss.get("/meta/medal")["fields"] if f["name"] == "size")
    assert size["choices"] == backwards
    assert boss.invalid("PUT", f"{SIZES}/values", {"values": [*order[1:], order[1], tag]}) == [
        (f"/values/{len(order) - 1}", "duplicate"),
        (f"/values/{len(order)}", "unknown_value"),
        ("/values", "incomplete"),
    ]
    boss("PUT", f"{SIZES}/values", {"values": order})


def test_some_values_are_for_some_roles(boss, anna, ben, tag):
    def choices(api):
        (size,) = (f for f in api.get("/meta/medal")["fields"] if f["name"] == "size")
        return size["choices"]

    for name, role in ((f"desk {tag}", DESK), (f"office {tag}", OFFICE)):
        boss("POST", f"{SIZES}/values", {"value": name, "roles": [role]}, status=201)
    mine = {
        who: {f"desk {tag}", f"office {tag}"} & {*choices(api)}
        for who, api in (("boss", boss), ("anna", anna), ("ben", ben))
    }
    everything = {f"desk {tag}", f"office {tag}"}
    assert mine == {"boss": everything, "anna": everything, "ben": {f"desk {tag}"}}
    wish = {"name": tag, "make": "Ours", "size": f"office {tag}"}
    assert ben.invalid("POST", "/medals", wish) == [("/size", "not_for_your_role")]
    made = anna.create("medals", **wish)
    path = f"/medals/{made['id']}"
    # It may stay where it is, but once left it is gone.
    assert ben("PATCH", path, {"name": f"{tag}!", "size": f"office {tag}"})["version"] == 2
    assert ben("PATCH", path, {"size": f"desk {tag}"})["size"] == f"desk {tag}"
    assert ben.invalid("PATCH", path, {"size": f"office {tag}"}) == [("/size", "not_for_your_role")]
    boss("PATCH", value(SIZES, f"office {tag}"), {"roles": []})
    assert ben("PATCH", path, {"size": f"office {tag}"})["version"] == 4
    makes = "/meta/medal/picklists/make"
    assert boss.invalid("POST", f"{makes}/values", {"value": tag, "roles": [DESK]}) == [
        ("/roles", "not_role_based")
    ]


def test_rules_go_by_what_a_value_carries(boss, tag):
    grades = boss(
        "POST", f"{GRADES}/values", {"value": tag, "traits": {"price": "7.5"}}, status=201
    )
    assert one(grades, tag)["traits"] == {"price": "7.5", "sold": False}
    made = boss.create("medals", name=tag, make="Ours", grade=tag)
    assert made["worth"] == "7.5"
    boss("PATCH", value(GRADES, tag), {"value": f"{tag}!", "traits": {"price": "8"}})
    assert boss.create("medals", name=tag, make="Ours", grade=f"{tag}!")["worth"] == "8"
    followed(boss, GRADES)
    assert boss.get(f"/medals/{made['id']}")["worth"] == "7.5"
    at = value(GRADES, f"{tag}!")
    assert boss.refused("PATCH", at, {"traits": {"sold": True}}) == "value_in_use"
    assert boss.invalid("DELETE", f"{at}?replacement=Gone") == [("/replacement", "not_alike")]
    assert boss.invalid("PATCH", at, {"traits": {"price": "x", "size": 1}}) == [
        ("/traits/price", "decimal_parsing"),
        ("/traits/size", "unknown_field"),
    ]
