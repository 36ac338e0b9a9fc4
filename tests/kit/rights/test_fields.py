"""Fields that a profile hides or closes: nowhere read, filtered, found, told or written."""

import uuid

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import BOSS

HIDDEN = ("notes", "phone", "parts", "gizmo_id", "crated")
CLOSED = ("colour", "price")
FIELDS = dict.fromkeys(HIDDEN, "hidden") | dict.fromkeys(CLOSED, "read_only")
ALL = {"active": True, "verbs": ["*"]}
WORD = "quicksilver"


@pytest.fixture
def role_of(company):
    """A role whose people see less of widgets, unless another profile shows it."""

    def make(*more):
        kept = company.profile(modules={"widget": {**ALL, "fields": FIELDS}})
        return company.role(profile_ids=[kept, *more])

    return make


@pytest.fixture
def somebody(company, role_of):
    user = company.user(role_of())
    return company.service.as_(user), user


@pytest.fixture
def widget(company, somebody):
    """Somebody's own, filled in by an administrator; and the tag in its name."""
    tag = f"t{uuid.uuid4().hex[:10]}"
    boss = company.service.as_(BOSS)
    values = {"notes": f"{WORD} {tag}", "phone": "+49 30 1", "parts": 7, "price": "5.00"}
    made = boss.create("widgets", name=tag, email="a@example.com", owner_id=somebody[1], **values)
    boss("PATCH", f"/widgets/{made['id']}", {"parts": 8, "weight": "1.000"})
    return {**made, "tag": tag}


def test_no_read_has_a_hidden_field(company, somebody, widget):
    api, _ = somebody
    here = f"/widgets/{widget['id']}"
    changed = api("PATCH", here, {"share": "1.0000"})
    only = {"filter": {"field": "id", "value": widget["id"]}}
    header = api.ask("POST", "/widgets/export", only).text.splitlines()[0].split(",")
    feed = {change["id"]: change["record"] for change in api.get("/widgets/changes")["items"]}
    answers = {
        "single": api.get(here),
        "written": changed,
        "list": api.get(f"/widgets?filter[id]={widget['id']}")["items"][0],
        "search": api("POST", "/widgets/search", {"q": widget["tag"]})["items"][0],
        "feed": feed[widget["id"]],
        "export": dict.fromkeys(header),
        "lost": api("PATCH", here, {"share": "2"}, status=412, If_Match='"1"')["current"],
        "mine": api.create("widgets", name="mine"),
    }
    assert [name for name, answer in answers.items() if answer.keys() & set(HIDDEN)] == []
    assert all(set(CLOSED) <= answer.keys() for answer in answers.values())


def test_history_tells_nothing_of_it(somebody, widget):
    api, _ = somebody
    writes = api.get(f"/widgets/{widget['id']}/history")["items"]
    assert [{c["field"] for c in w["changes"]} & {*HIDDEN, "weight"} for w in writes] == [
        {"weight"},
        set(),
    ]


def test_to_whoever_asks_for_it_there_is_no_such_field(somebody, widget):
    api, _ = somebody
    for name in HIDDEN:
        for query in (f"fields={name}", f"sort={name}", f"filter[{name}][empty]=true"):
            problem = api.get(f"/widgets?{query}", status=400)
            assert [e["code"] for e in problem["errors"]] == ["unknown_field"], query
            below = query.replace(name, f"parent_id.{name}")
            assert api.get(f"/widgets?{below}", status=400)["errors"]
    tree = {"field": "notes", "operator": "contains", "value": WORD}
    assert api.invalid("POST", "/widgets/search", {"filter": tree}) == [
        ("/filter/field", "unknown_field")
    ]
    mass = {"operation": "edit", "selection": {"filter": tree}, "values": {"share": "1"}}
    assert api.invalid("POST", "/widgets/mass", mass) == [
        ("/selection/filter/field", "unknown_field")
    ]


def test_words_in_it_find_nothing(company, somebody, widget):
    api, _ = somebody
    both = f"{WORD} {widget['tag']}"
    assert api("POST", "/widgets/search", {"q": both})["items"] == []
    assert api.get(f"/search?q={WORD}")["items"] == []
    assert [i["id"] for i in api.get(f"/search?q={widget['tag']}")["items"]] == [widget["id"]]
    counted = api("POST", "/widgets/search", {"q": WORD, "count": "exact"})
    assert counted["count"] == 0


def test_a_hidden_field_is_unknown_and_a_closed_one_read_only_to_writers(somebody, widget):
    api, _ = somebody
    sent = {"notes": "x", "parts": 1, "colour": "Red", "price": "1.00"}
    wrong = [
        ("/colour", "read_only"),
        ("/notes", "unknown_field"),
        ("/parts", "unknown_field"),
        ("/price", "read_only"),
    ]
    assert sorted(api.invalid("PATCH", f"/widgets/{widget['id']}", sent)) == wrong
    assert sorted(api.invalid("POST", "/widgets", {"name": "x", **sent})) == wrong
    other = api.create("widgets", name="other")
    merge = {"losers": [other["id"]], "values": sent}
    wrong_below = [(f"/values{pointer}", code) for pointer, code in wrong]
    assert sorted(api.invalid("POST", f"/widgets/{widget['id']}/merge", merge)) == wrong_below
    taken = {"losers": [other["id"]], "take": {"notes": other["id"]}}
    assert api.invalid("POST", f"/widgets/{widget['id']}/merge", taken) == [
        ("/take/notes", "unknown_field")
    ]


def test_what_is_hidden_stays_as_it_was(company, somebody, widget):
    api, _ = somebody
    here = f"/widgets/{widget['id']}"
    api("PATCH", here, {"share": "3.0000"})
    whole = company.service.as_(BOSS).get(here)
    assert (whole["notes"], whole["parts"], whole["doubled"]) == (widget["notes"], 8, 16)
    (event,) = [e for e in company.service.told(widget["id"]) if e.endswith("created.v1")]
    assert event == "crm.workshop.widget.created.v1"


def test_no_rule_names_it(company, somebody, widget):
    company.service.sql("UPDATE widget SET parts = 13 WHERE id = %s", widget["id"])
    api, _ = somebody
    problem = api("PATCH", f"/widgets/{widget['id']}", {"share": "4"}, status=422)
    assert problem["errors"] == [
        {
            "pointer": "",
            "code": "unlucky",
            "detail": "a rule about what your profile keeps from you stands against it",
        }
    ]


def test_meta_describes_what_one_sees(somebody):
    api, _ = somebody
    fields = {f["name"]: f["read_only"] for f in api.get("/meta/widget")["fields"]}
    assert not fields.keys() & set(HIDDEN)
    assert [fields[name] for name in CLOSED] == [True, True]
    assert {f["name"] for f in api.get("/meta/widget/fields")["items"]} == fields.keys()


def test_another_profile_that_shows_it_wins(company, role_of, widget):
    user = company.user(role_of(company.profile()))
    api = company.service.as_(user)
    made = api.create("widgets", name="x", notes="mine", colour="Green")
    assert (made["notes"], made["colour"]) == ("mine", "Green")


def test_shipped_and_shared_views_leave_out_its_column(company, somebody):
    columns = ["name", "notes", "price"]
    view = {"name": new_id(), "columns": columns, "sort": ["notes"], "visibility": "public"}
    made = company.service.as_(BOSS)("POST", "/widgets/views", view, status=201)
    api, _ = somebody
    api.create("widgets", name="x")
    page = api.get(f"/widgets?view={made['id']}")
    assert {frozenset(item) for item in page["items"]} == {frozenset({"id", "name", "price"})}


def test_what_records_are_called_by_is_never_hidden(company):
    fields = {"name": "hidden", "notes": "hidden"}
    kept = company.profile(modules={"widget": {**ALL, "fields": fields}})
    api = company.service.as_(company.user(company.role(profile_ids=[kept])))
    assert api.create("widgets", name="called")["name"] == "called"


def test_who_cannot_write_what_a_new_record_must_have_makes_none(company):
    kept = company.profile(modules={"widget": {**ALL, "fields": {"name": "read_only"}}})
    api = company.service.as_(company.user(company.role(profile_ids=[kept])))
    problem = api("POST", "/widgets", {}, status=403)
    assert problem["detail"] == "Your profile keeps from you what a new record must have."
