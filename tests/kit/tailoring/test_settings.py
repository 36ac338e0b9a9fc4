"""What an administrator sets of a field, and where the program's own rules stand against it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.service.served import BEN


def settings(field):
    return f"/meta/widget/fields/{field}"


@pytest.fixture
def as_it_came(boss):
    """Sets declared fields back afterwards."""
    changed = []

    def change(field, **wish):
        changed.append((field, dict.fromkeys(wish)))
        return boss("PATCH", settings(field), wish)

    yield change
    for field, wish in changed:
        boss("PATCH", settings(field), wish)


@pytest.mark.parametrize("field", ["own", "notes"])
def test_a_required_field_must_be_filled_in(ben, tag, new_field, as_it_came, field):
    name = new_field() if field == "own" else field
    old = ben.create("widgets", name=tag)
    assert as_it_came(name, required=True)["required"] is True
    assert ben.invalid("POST", "/widgets", {"name": tag}) == [(f"/{name}", "required")]
    at = f"/widgets/{old['id']}"
    assert ben("PATCH", at, {"parts": 4})["parts"] == 4  # an old record may be worked on
    assert [code for _, code in ben.invalid("PATCH", at, {name: None})] == ["string_type"]
    assert ben("PATCH", at, {name: "x"})[name] == "x"
    as_it_came(name, required=None)
    assert ben("PATCH", at, {name: None})[name] is None


def test_a_default_fills_new_records_and_no_old_one(ben, boss, tag, new_field, as_it_came):
    whole = new_field("decimal", scale=2, default="1.5")
    several = new_field("multiselect", choices=["A", "B"], default=["B"])
    ticked = new_field("boolean", default=True)
    day = new_field("date")
    old = ben.create("widgets", name=tag)
    assert (old[whole], old[several], old[ticked], old[day]) == ("1.5", ["B"], True, None)
    boss("PATCH", settings(day), {"default": "2024-02-29"})
    as_it_came("notes", default="To be seen to")
    new = ben.create("widgets", name=tag, **{whole: "2"})
    assert (new[whole], new[day], new["notes"]) == ("2", "2024-02-29", "To be seen to")
    assert ben.get(f"/widgets/{old['id']}")[day] is None
    described = {field["name"]: field.get("default") for field in ben.get("/meta/widget")["fields"]}
    assert described[day] == "2024-02-29"
    assert described[several] == ["B"]
    boss("PATCH", settings(day), {"default": None})
    assert ben.create("widgets", name=tag)[day] is None


def test_what_code_relies_on_stays(boss):
    for field, wish, fault in (
        ("name", {"required": False}, ("/required", "relied_on")),
        ("code", {"unique": False}, ("/unique", "relied_on")),
        ("doubled", {"required": True}, ("/required", "read_only")),
        ("number", {"required": True}, ("/required", "relied_on")),
        ("parent_id", {"default": BEN}, ("/default", "invalid")),
        ("sizes", {"unique": True}, ("/unique", "invalid")),
        ("website", {"unique": True}, ("/unique", "invalid")),
        ("colour", {"default": "Blue"}, ("/default", "invalid")),
        ("parts", {"default": 1001}, ("/default", "invalid")),
    ):
        assert boss.invalid("PATCH", settings(field), wish) == [fault], field
    assert boss.invalid("PATCH", settings("name"), {"kind": "text"}) == [("/kind", "unknown_field")]


def test_labels_are_in_the_reader_s_language(boss, ben, new_field, as_it_came):
    words = {"en": "Region", "nl": "Gebied", "zh-Hant": "地區"}
    own = new_field(labels=words, help={"en": "Where", "nl": "Waar"})
    as_it_came("made_on", labels={"nl": "Gemaakt op"})

    def seen(path="/meta/widget", **headers):
        answer = ben.ask("GET", path, **headers).json()
        fields = {field["name"]: field for field in answer["fields"]}
        return fields[own]["label"], fields[own]["help"], fields["made_on"]["label"]

    assert seen() == ("Region", "Where", "Made on")
    assert seen("/meta/widget?language=nl") == ("Gebied", "Waar", "Gemaakt op")
    assert seen("/meta/widget?language=nl-BE") == ("Gebied", "Waar", "Gemaakt op")
    assert seen(Accept_Language="de, zh-Hant-TW;q=0.9, nl;q=0.5")[0] == "地區"
    assert seen("/meta/widget?language=en", Accept_Language="nl")[0] == "Region"
    assert seen(Accept_Language="fr")[0] == "Region"
    assert boss("PATCH", settings(own), {"labels": {"nl": "Streek"}})["label"] == own_words(own)
    assert seen("/meta/widget?language=nl")[0] == "Streek"


def own_words(name):
    """How a field without a label in the reader's language is called."""
    return name.removeprefix("cf_").capitalize()


def test_how_a_field_is_shown(boss, ben, new_field):
    name = new_field()
    wish = {
        "mass_editable": False,
        "quick_create": True,
        "summary": True,
        "header": True,
        "display": "hidden",
    }
    assert boss("PATCH", settings(name), wish) | wish == boss("PATCH", settings(name), {})
    field = next(f for f in ben.get("/meta/widget")["fields"] if f["name"] == name)
    assert {word: field[word] for word in wish} == wish


class TestUniqueness:
    @pytest.fixture(params=["own", "email"])
    def unique(self, request, new_field, as_it_came):
        name = new_field("text", unique=True) if request.param == "own" else request.param
        as_it_came(name, unique=True)
        return name

    def test_the_first_keeps_the_value(self, ben, clara, tag, unique):
        value = f"{tag}@tandem.example"
        first = ben.create("widgets", name=tag, **{unique: value})
        second = ben.create("widgets", name=tag)
        at = f"/widgets/{second['id']}"
        for method, path in (("POST", "/widgets"), ("PATCH", at)):
            problem = ben(method, path, {"name": tag, unique: value}, status=422)
            assert [(e["pointer"], e["code"], e["detail"]) for e in problem["errors"]] == [
                (f"/{unique}", "not_unique", f"Widget {first['number']} has this value already")
            ]
        problem = clara("POST", "/widgets", {"name": tag, unique: value}, status=422)
        [error] = problem["errors"]
        assert error["detail"] == "another widget has this value already"  # she may not see it
        assert ben("PATCH", f"/widgets/{first['id']}", {unique: value, "parts": 5})["parts"] == 5

    def test_a_deleted_record_gives_it_up(self, ben, tag, unique):
        value = f"{tag}@tandem.example"
        first = ben.create("widgets", name=tag, **{unique: value})
        ben("DELETE", f"/widgets/{first['id']}", status=204)
        ben.create("widgets", name=tag, **{unique: value})
        restore = f"/widgets/{first['id']}/restore"
        assert ben.invalid("POST", restore) == [(f"/{unique}", "not_unique")]

    def test_of_many_at_once_one_wins(self, workshop, tag, unique):
        def create(_):
            body = {"name": tag, unique: f"{tag}@tandem.example"}
            return workshop.as_(BEN).ask("POST", "/widgets", body).status_code

        with ThreadPoolExecutor(8) as crowd:
            statuses = sorted(crowd.map(create, range(8)))
        assert statuses == [201, *[422] * 7]


def test_values_already_shared_stand_against_it(boss, ben, tag, new_field):
    name = new_field("integer")
    twins = [ben.create("widgets", name=tag, **{name: 7}) for _ in range(2)]
    problem = boss("PATCH", settings(name), {"unique": True}, status=409)
    assert problem["code"] == "duplicates_exist"
    [group] = problem["duplicates"]
    assert sorted(one["id"] for one in group) == sorted(twin["id"] for twin in twins)
    assert boss("PATCH", settings(name), {})["unique"] is False
    ben("PATCH", f"/widgets/{twins[0]['id']}", {name: 8})
    assert boss("PATCH", settings(name), {"unique": True})["unique"] is True
