"""Fields that a profile hides or closes: nowhere read, filtered, found, told or written."""

import uuid

import pytest

from crmkit.modules import known
from crmkit.unit_of_work import new_id
from tests.eventually import eventually
from tests.kit.test_comments import notices
from tests.service.served import BOSS

HIDDEN = ("notes", "phone", "parts", "gizmo_id", "crated")
CLOSED = ("colour", "price")
FIELDS = dict.fromkeys(HIDDEN, "hidden") | dict.fromkeys(CLOSED, "read_only")
ALL = {"active": True, "verbs": ["*"]}
OF_LINES = {"lines.fragile": "hidden", "lines.packed": "hidden", "lines.quantity": "read_only"}
WORD = "quicksilver"
KEPT = "a rule about what your profile keeps from you stands against it"


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

    def told():
        return {one["id"]: one["record"] for one in api.get("/widgets/changes")["items"]}

    # The feed waits for transactions that are older, be they of other tests.
    eventually(lambda: widget["id"] in told())
    feed = told()
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
            "detail": KEPT,
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


def test_no_shared_view_shows_its_name_or_value_in_a_filter(company, somebody):
    leaf = {"field": "notes", "operator": "contains", "value": WORD}
    tree = {"any": [{"field": "name", "value": "x"}, {"not": leaf}]}
    view = {"name": new_id(), "columns": ["name"], "filter": tree, "visibility": "public"}
    boss, (api, _) = company.service.as_(BOSS), somebody
    made = boss("POST", "/widgets/views", view, status=201)
    here = f"/widgets/views/{made['id']}"
    told = api.get(here)
    assert told["filter"] == {"any": [tree["any"][0], {"not": {"field": "(hidden)"}}]}
    [problem] = told["problems"]
    assert (problem["pointer"], problem["code"]) == ("/filter/any/1/not/field", "unknown_field")
    refused = api.get(f"/widgets?view={made['id']}", status=409)
    for said in (told, api.get("/widgets/views"), refused):
        assert ("notes" in str(said), WORD in str(said)) == (False, False)
    assert boss.get(here)["filter"] == tree


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


def test_meta_says_in_which_words_a_line_is_named():
    """What profiles may name, `lines.quantity`, is in the catalogue of the suite."""
    fields = known()["quote"]["fields"]
    assert {"lines.purchase_cost", "lines.discount_percent", "lines.margin"} <= set(fields)
    assert not {"lines.id", "lines.sequence"} & set(fields)


@pytest.fixture
def packer(company):
    """Somebody who sees less of the lines of crates."""
    company.default(widget="public_read")
    kept = company.profile(modules={"crate": {**ALL, "fields": OF_LINES}})
    return company.service.as_(company.user(company.role(profile_ids=[kept])))


@pytest.fixture
def crate(company):
    """With one line, written twice: in a hidden field alone, then in one that is seen."""
    boss = company.service.as_(BOSS)
    line = {"widget_id": boss.create("widgets", name="w")["id"], "quantity": "2", "fragile": True}
    made = boss.create("crates", name="crate", lines=[line])
    here = f"/crates/{made['id']}"
    line["id"] = made["lines"][0]["id"]
    boss("PATCH", here, {"lines": [{**line, "fragile": False}]})
    return boss("PATCH", here, {"lines": [{**line, "quantity": "3"}]})


def test_no_read_has_a_hidden_field_of_a_line(packer, crate):
    here = f"/crates/{crate['id']}"
    (line,) = crate["lines"]
    seen = {name: line[name] for name in ("id", "sequence", "widget_id", "quantity")}
    answers = {
        "single": packer.get(here),
        "written": packer("PATCH", here, {"name": "other"}),
        "lost": packer("PATCH", here, {"name": "x"}, status=412, If_Match='"1"')["current"],
        "external": packer("PUT", "/crates/external/there/1", {"name": "mine"}, status=201),
    }
    assert answers.pop("external")["lines"] == []
    assert [answer["lines"] for answer in answers.values()] == [[seen]] * 3
    told = [w["changes"] for w in packer.get(f"{here}/history")["items"]]
    of_lines = [[(c["old"], c["new"]) for c in some if c["field"] == "lines"] for some in told]
    first, last = ({**seen, "quantity": quantity} for quantity in "23")
    assert of_lines == [[], [([first], [last])], [], [([], [first])]]
    described = {f["name"]: f["read_only"] for f in packer.get("/meta/crate")["line_fields"]}
    assert described == {"widget_id": False, "quantity": True}


def test_lines_are_written_without_what_is_kept_from_one(company, packer, crate):
    here = f"/crates/{crate['id']}"
    (line,) = crate["lines"]
    boss = company.service.as_(BOSS)
    boss("PATCH", here, {"lines": [{**_sent(line), "quantity": "3", "fragile": True}]})
    other = boss.create("widgets", name="other")["id"]
    sent = {"id": line["id"], "widget_id": other}
    wrong = {"quantity": "4", "fragile": False, "packed": 1}
    assert sorted(packer.invalid("PATCH", here, {"lines": [{**sent, **wrong}]})) == [
        ("/lines/0/fragile", "unknown_field"),
        ("/lines/0/packed", "unknown_field"),
        ("/lines/0/quantity", "read_only"),
    ]
    packer("PATCH", here, {"lines": [sent]})
    (now,) = boss.get(here)["lines"]
    assert (now["widget_id"], now["quantity"], now["fragile"]) == (other, "3", True)


def _sent(line):
    return {name: line[name] for name in ("id", "widget_id")}


def test_no_line_is_added_that_must_have_what_one_cannot_write(company, packer, crate):
    here = f"/crates/{crate['id']}"
    widget = crate["lines"][0]["widget_id"]
    detail = "Your profile keeps from you what a new line must have."
    for method, path, sent in (
        ("PATCH", here, {"lines": [_sent(crate["lines"][0]), {"widget_id": widget}]}),
        ("POST", "/crates", {"name": "x", "lines": [{"widget_id": widget}]}),
        ("PUT", "/crates/external/there/2", {"name": "x", "lines": [{"widget_id": widget}]}),
    ):
        assert packer(method, path, sent, status=403)["detail"] == detail
    assert packer("PUT", "/crates/external/there/2", {"name": "empty"}, status=201)["lines"] == []
    more = {"lines": [{"widget_id": widget}]}
    assert packer("PUT", "/crates/external/there/2", more, status=403)["detail"] == detail
    assert company.service.as_(BOSS).get(here)["lines"] == crate["lines"]


def test_who_is_not_shown_the_links_of_lines_has_no_list_of_them(company, crate):
    kept = company.profile(modules={"crate": {**ALL, "fields": {"lines.widget_id": "hidden"}}})
    widget = crate["lines"][0]["widget_id"]
    company.default(widget="public_read")
    for profile, ids in ((company.profile(), [crate["id"]]), (kept, [])):
        api = company.service.as_(company.user(company.role(profile_ids=[profile])))
        found = api.get(f"/widgets/{widget}/related/crates")["items"]
        assert [one["id"] for one in found] == ids


def test_another_systems_key_writes_no_hidden_field_either(company, somebody, widget):
    api, _ = somebody
    here = "/widgets/external/there/w1"
    api("PUT", here, {"name": "one"}, status=201)
    assert sorted(api.invalid("PUT", here, {"notes": "x", "colour": "Green"})) == [
        ("/colour", "read_only"),
        ("/notes", "unknown_field"),
    ]
    assert api("PUT", here, {"name": "two"})["name"] == "two"


def test_what_postgresql_refuses_names_no_hidden_field(company, somebody):
    """Somebody writes a value that gets another's code: here by a rule of the database itself."""
    kept = company.profile(modules={"widget": {**ALL, "fields": {"code": "hidden"}}})
    api = company.service.as_(company.user(company.role(profile_ids=[kept])))
    company.service.as_(BOSS).create("widgets", name="held", code="C-7")
    mine = api.create("widgets", name="mine")
    company.service.sql(
        "CREATE FUNCTION copy_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.name LIKE 'C-%%' THEN NEW.code := NEW.name; END IF; RETURN NEW; END $$"
    )
    company.service.sql(
        "CREATE TRIGGER copy_name BEFORE UPDATE ON widget FOR EACH ROW EXECUTE FUNCTION copy_name()"
    )
    try:
        told = api("PATCH", f"/widgets/{mine['id']}", {"name": "C-7"}, status=422)
        mass = {"operation": "edit", "selection": {"ids": [mine["id"]]}, "values": {"name": "C-7"}}
        (of_mass,) = api("POST", "/widgets/mass", mass)["items"]
        whole = somebody[0].create("widgets", name="other")
        seen = somebody[0].invalid("PATCH", f"/widgets/{whole['id']}", {"name": "C-7"})
    finally:
        company.service.sql("DROP FUNCTION copy_name CASCADE")
    assert told["errors"] == [{"pointer": "", "code": "not_unique", "detail": KEPT}]
    assert of_mass["problem"]["errors"] == told["errors"]
    assert seen == [("/code", "not_unique")]


def test_a_duplicate_in_a_hidden_field_tells_nothing_of_the_other_record(company, somebody):
    boss, (api, user) = company.service.as_(BOSS), somebody
    rule = {"active": True, "sets": [["name", "phone"], ["name", "code"]]}
    held = boss("PUT", "/meta/widget/duplicates", rule)
    try:
        assert api.get("/meta/widget/duplicates")["sets"] == [["name", "code"]]
        assert boss.get("/meta/widget/duplicates") == held
        boss.create("widgets", name="twin", phone="+49 30 7", owner_id=user)
        mine = boss.create("widgets", name="other", phone="+49 30 7", owner_id=user)
        here = f"/widgets/{mine['id']}"
        problem = api("PATCH", here, {"name": "twin"}, status=409)
        assert boss.refused("PATCH", here, {"name": "twin"}) == "duplicate"
    finally:
        boss("PUT", "/meta/widget/duplicates", {**held, "active": False, "sets": []})
    assert problem["errors"] == [{"pointer": "", "code": "duplicate", "detail": KEPT}]
    assert "duplicates" not in problem


def test_a_key_metric_counts_though_its_view_has_a_hidden_column(company, somebody):
    filters = {"colour": {"field": "colour", "value": "Red"}}
    filters["parts"] = {"field": "parts", "operator": "gte", "value": 1}
    boss = company.service.as_(BOSS)
    views = {
        by: boss.create(
            "widgets/views",
            name=new_id(),
            columns=["name", "notes"],
            filter=filters[by],
            visibility="public",
            metric=True,
        )["id"]
        for by in filters
    }
    api, _ = somebody
    api.create("widgets", name="counted")
    counts = {one["view"]: one["count"] for one in api.get("/key-metrics")["items"]}
    assert (counts[views["colour"]], counts[views["parts"]]) == (1, None)
    assert api.ask("GET", f"/widgets/views/{views['parts']}/count").status_code == 409
    problem = api.get(f"/widgets?view={views['parts']}", status=409)
    assert (problem["code"], len(problem["errors"])) == ("view_outdated", 1)


def test_followers_are_told_of_no_hidden_field(company, somebody, widget):
    (api, user), boss = somebody, company.service.as_(BOSS)
    here = f"/widgets/{widget['id']}"
    api("PUT", f"{here}/follow", status=204)
    boss("PATCH", here, {"notes": "new"})
    boss("PATCH", here, {"notes": "newer", "share": "1.0000"})

    def told():
        boss("POST", "/widgets/followers/tell", status=204)
        mine = [n for n in notices(company.service, widget["id"]) if n["user_id"] == user]
        return [one["fields"] for notice in mine for one in notice["happened"]]

    eventually(told, [["share"]])
