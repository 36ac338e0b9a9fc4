"""What one picklist says limits what another one may say."""

import pytest

from tests.kit.picklists.lists import SHAPES, SIZES, followed, new, value

RELATED = "/meta/medal/picklist-dependencies"


@pytest.fixture
def related(boss):
    """Sets dependencies between the lists; there are none once the test has ended."""
    yield lambda *wanted: boss("PUT", RELATED, {"dependencies": list(wanted)})
    boss("PUT", RELATED, {"dependencies": []})


def depends(source, target, **allowed):
    return {"source": source, "target": target, "allowed": allowed}


def test_a_choice_leaves_some_choices_in_another_field(boss, ben, related, tag):
    wanted = [depends("size", "shape", S=["Round"], L=[]), depends("shape", "grade", Long=["A"])]
    assert related(*wanted) == ben.get(RELATED) == {"dependencies": wanted}
    assert ben.get("/meta/medal")["dependencies"] == wanted
    about = {"name": tag, "make": "Ours"}
    pair = [("/shape", "not_allowed_together"), ("/size", "not_allowed_together")]
    assert ben.invalid("POST", "/medals", {**about, "size": "S", "shape": "Square"}) == pair
    assert ben.invalid("POST", "/medals", {**about, "size": "L", "shape": "Round"}) == pair
    # Grade begins with B.
    assert ben.invalid("POST", "/medals", {**about, "size": "S", "shape": "Long"}) == [
        *pair,
        ("/grade", "not_allowed_together"),
        ("/shape", "not_allowed_together"),
    ]
    made = ben.create("medals", **about, size="S", shape="Round")
    path = f"/medals/{made['id']}"
    assert ben.invalid("PATCH", path, {"shape": "Square"}) == pair
    assert ben("PATCH", path, {"size": "24/7", "shape": "Square"})["shape"] == "Square"
    assert ben.invalid("PATCH", path, {"size": "S"}) == pair
    assert ben("PATCH", path, {"size": "S", "shape": None})["size"] == "S"
    # What was there before a dependency may stay.
    boss("PATCH", path, {"shape": "Round"})
    related(depends("size", "shape", S=["Square"]))
    assert ben("PATCH", path, {"name": f"{tag}!", "size": "S"})["shape"] == "Round"


def test_dependencies_follow_a_new_name(boss, related, tag, old):
    boss("POST", f"{SHAPES}/values", {"value": tag}, status=201)
    related(depends("size", "shape", **{old: [tag, "Round"], "S": ["Long", tag]}))
    boss("PATCH", value(SIZES, old), {"value": new(old)})
    boss("DELETE", f"{value(SHAPES, tag)}?replacement=Long")
    expected = depends("size", "shape", **{new(old): ["Long", "Round"], "S": ["Long"]})
    assert boss.get(RELATED) == {"dependencies": [expected]}
    followed(boss, SIZES)


def test_every_bad_part_of_a_dependency_is_named(boss, related):
    assert boss.invalid(
        "PUT",
        RELATED,
        {
            "dependencies": [
                depends("nothing", "name", x=["y"]),
                depends("size", "shape", **{"S": ["Round", "x"], "a/b": ["Round"]}),
                depends("size", "shape"),
            ]
        },
    ) == [
        ("/dependencies/0/source", "unknown_field"),
        ("/dependencies/0/target", "unknown_field"),
        ("/dependencies/1/allowed/S/1", "unknown_value"),
        ("/dependencies/1/allowed/a~1b", "unknown_value"),
        ("/dependencies/2", "duplicate"),
    ]
    circle = [depends("size", "shape"), depends("shape", "grade"), depends("grade", "size")]
    assert boss.invalid("PUT", RELATED, {"dependencies": circle}) == [
        (f"/dependencies/{n}", "cycle") for n in range(3)
    ]
    assert boss.invalid("PUT", RELATED, {"dependencies": [depends("size", "size")]}) == [
        ("/dependencies/0", "cycle")
    ]
    assert boss.get(RELATED) == {"dependencies": []}
