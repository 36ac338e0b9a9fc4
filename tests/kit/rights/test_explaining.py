"""Administrators are told why somebody may or may not do what with a record."""

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import BOSS

VIEW = {"active": True, "verbs": ["view"]}


@pytest.fixture
def boss(company):
    return company.service.as_(BOSS)


@pytest.fixture
def two(company):
    """Carol with a widget of hers, and Bob, whose role stands beside hers."""
    profile = company.profile(name="Sales")
    roles = {
        "carol": company.role(name="Sales Person", profile_ids=[profile]),
        "bob": company.role(name="Marketing", profile_ids=[profile]),
    }
    users = {who: company.user(role, display_name=who.title()) for who, role in roles.items()}
    widget = company.service.as_(users["carol"]).create("widgets", name="Bolt")
    return {"profile": profile, "roles": roles, "users": users, "widget": widget}


def asked(boss, two, who="bob", plural="widgets", record=None):
    record = record or two["widget"]["id"]
    return boss.get(f"/{plural}/{record}/access?user={two['users'].get(who, who)}")


def said(answer, verb):
    """Step, whether it grants, and the names of what it rests on."""
    one = answer["verbs"][verb]
    return one["step"], one["granted"], [rule["name"] for rule in one["rules"]]


def test_who_is_asked_about_and_what(boss, two):
    answer = asked(boss, two)
    roles, users, widget = two["roles"], two["users"], two["widget"]
    profile = {"kind": "profile", "id": two["profile"], "name": "Sales"}
    assert {name: answer[name] for name in ("entity", "id", "number", "label", "owner")} == {
        "entity": "widget",
        "id": widget["id"],
        "number": widget["number"],
        "label": "Bolt",
        "owner": {"kind": "user", "id": users["carol"], "name": "Carol"},
    }
    assert answer["user"] == {
        "id": users["bob"],
        "name": "Bob",
        "active": True,
        "administrator": False,
        "role": {"kind": "role", "id": roles["bob"], "name": "Marketing"},
        "profiles": [profile],
        "groups": [],
    }
    assert answer["fields"] == []
    assert answer["verbs"]["view"] == {
        "granted": False,
        "step": 13,
        "name": "sharing_rule",
        "rules": [],
        "because": (
            "The record belongs to Carol, and so not to Bob, a role below or a group of theirs; "
            "the organisation's default for widget records is private, and no sharing rule lets "
            "Bob read it."
        ),
    }
    assert answer["verbs"]["create"] == {
        "granted": True,
        "step": 7,
        "name": "no_record",
        "rules": [profile],
        "because": "It is granted by the profile Sales, and is about no record.",
    }
    assert set(answer["verbs"]) == {
        *("view", "create", "edit", "delete", "import", "merge", "purge", "paint"),
        *("export", "mass_edit", "find_duplicates"),
    }


def test_nobody_but_administrators_asks(company, boss, two):
    bob, here = two["users"]["bob"], f"/widgets/{two['widget']['id']}/access"
    for who in two["users"].values():
        api = company.service.as_(who)
        for path in (f"{here}?user={bob}", here, f"/widgets/{new_id()}/access?user={bob}"):
            assert api.get(path, status=403)["code"] == "forbidden"
    assert boss.get(f"/widgets/{new_id()}/access?user={bob}", status=404)["code"] == "not_found"
    wrong = {"": "required", "?user=": "invalid", f"?user={new_id()}": "dangling_link"}
    for query, code in wrong.items():
        assert boss.invalid("GET", here + query) == [("/user", code)], query


def test_that_it_was_asked_is_audited(boss, two):
    asked(boss, two)
    query = f"act=access.explained&subject_id={two['widget']['id']}"
    (row,) = boss.get(f"/audit?{query}")["items"]
    assert (row["actor_id"], row["subject_type"]) == (BOSS, "widget")
    assert row["details"] == {"user_id": two["users"]["bob"]}


def test_administrators_and_those_who_have_left(company, boss, two):
    answer = asked(boss, two, BOSS)
    assert {(v["step"], v["granted"], v["because"]) for v in answer["verbs"].values()} == {
        (3, True, "Bo is an administrator.")
    }
    company.move(two["users"]["bob"], two["roles"]["bob"], active=False, display_name="Bob")
    answer = asked(boss, two)
    assert {(v["step"], v["granted"], v["because"]) for v in answer["verbs"].values()} == {
        (0, False, "Bob is not active and cannot sign in.")
    }


def test_what_administrators_alone_may(boss, two):
    rule = boss.create("rules", text="No running")["id"]
    answer = asked(boss, two, plural="rules", record=rule)
    assert said(answer, "view") == (8, True, [])
    assert answer["verbs"]["view"]["because"] == "Rules have no owners; everybody views them."
    assert said(answer, "edit") == (1, False, [])
    assert answer["verbs"]["edit"]["because"] == "Only administrators may edit rules."
    assert said(asked(boss, two), "purge") == (1, False, [])
    secret = boss.create("secrets", text="x")["id"]
    assert said(asked(boss, two, plural="secrets", record=secret), "view") == (1, False, [])


def test_what_profiles_grant_and_do_not(company, boss, two):
    crate = boss.create("crates", name="C")["id"]
    held = [
        company.profile(name="Off", others={**VIEW, "active": False}),
        company.profile(name="Look", others=VIEW),
    ]

    def of(*profiles):
        role = company.role(name="Guests", profile_ids=profiles)
        user = company.user(role, display_name="Dan")
        return asked(boss, two, user, "crates", crate)["verbs"]

    none, off, both = of(), of(held[0]), of(*held)
    assert (none["view"]["step"], none["view"]["because"]) == (
        5,
        "The role Guests has no profile, and so may nothing.",
    )
    assert (off["view"]["step"], off["view"]["because"]) == (
        5,
        "Crates are off in the profile Off.",
    )
    assert (both["view"]["step"], [r["name"] for r in both["view"]["rules"]]) == (8, ["Look"])
    assert both["edit"] == {
        "granted": False,
        "step": 6,
        "name": "verb_in_profile",
        "rules": [
            {"kind": "profile", "id": one, "name": name}
            for one, name in zip(held, ("Off", "Look"), strict=True)
        ],
        "because": "None of the profiles Off, Look grants edit in crates.",
    }
    assert both["mass_edit"]["because"] == (
        "None of the profiles Off, Look grants edit and mass_edit in crates, which mass_edit takes."
    )
    everything = of(company.profile(name="All", view_all=True, others={"verbs": []}))
    assert (everything["view"]["step"], everything["view"]["because"]) == (
        4,
        "Whoever has the profile All views all there is.",
    )
    assert everything["edit"]["step"] == 6
    edits = of(company.profile(name="Edits", edit_all=True, others={"verbs": []}))
    assert (edits["edit"]["step"], edits["edit"]["because"]) == (
        4,
        "Whoever has the profile Edits views and edits all there is.",
    )


def test_whose_it_is(company, boss, two):
    answer = asked(boss, two, "carol")
    assert said(answer, "delete") == (9, True, ["Carol"])
    assert answer["verbs"]["delete"]["because"] == "The record is Carol's own."
    top = company.role(name="Head")
    under = company.role(name="Hand", below=top)
    head, hand = company.user(top, display_name="Hetty"), company.user(under, display_name="Hal")
    widget = company.service.as_(hand).create("widgets", name="low")["id"]
    answer = asked(boss, two, head, record=widget)
    assert said(answer, "edit") == (10, True, ["Hand"])
    assert answer["verbs"]["edit"]["because"] == (
        "The record belongs to Hal, whose role Hand is below Hetty's role Head."
    )
    crew = company.group(("role", two["roles"]["bob"]))
    widget = boss.create("widgets", name="crew's", owner_id=crew)["id"]
    answer = asked(boss, two, record=widget)
    assert said(answer, "delete") == (11, True, ["Crew"])
    assert answer["owner"] == {"kind": "group", "id": crew, "name": "Crew"}
    assert [group["name"] for group in answer["user"]["groups"]] == ["Crew"]
    assert answer["verbs"]["delete"]["because"] == (
        "The record belongs to the group Crew, and Bob is in it."
    )


def test_the_organisations_default(company, boss, two):
    company.default(widget="public_read")
    answer = asked(boss, two)
    assert said(answer, "view") == (12, True, ["public_read"])
    assert answer["verbs"]["view"]["because"] == (
        "The organisation's default for widget records is public_read: everybody may read them."
    )
    assert said(answer, "edit") == (13, False, [])
    assert said(answer, "delete") == (12, False, ["public_read"])
    assert answer["verbs"]["delete"]["because"].endswith(
        "the organisation's default for widget records is public_read, and sharing rules never let "
        "delete."
    )


def test_sharing_rules(company, boss, two):
    roles = two["roles"]
    parties = ("role", roles["carol"]), ("role", roles["bob"])
    crew = company.group(("user", two["users"]["carol"]))
    company.rule("widget", ("group", crew), parties[1], name="Of the crew")
    company.rule("widget", *parties, name="Look at sales")
    answer = asked(boss, two)
    assert said(answer, "view") == (13, True, ["Look at sales", "Of the crew"])
    assert answer["verbs"]["view"]["because"] == (
        "The sharing rule Look at sales shares what the role Sales Person owns with the role "
        "Marketing, to read, and the record is such a one."
    )
    assert said(answer, "edit") == (13, False, [])
    company.rule("widget", *parties, access="read_write", name="Help sales")
    assert said(asked(boss, two), "edit") == (13, True, ["Help sales"])


def test_a_rule_by_way_of_the_record_above(company, boss, two):
    stranger = company.service.as_(company.user(company.role()))
    child = stranger.create("widgets", name="child")["id"]
    company.service.sql(
        "UPDATE widget SET parent_id = %s WHERE id = %s", two["widget"]["id"], child
    )
    related = [{"module": "widget", "access": "read"}]
    parties = ("role_and_below", two["roles"]["carol"]), ("role", two["roles"]["bob"])
    company.rule("widget", *parties, related=related, name="Down")
    answer = asked(boss, two, record=child)
    assert said(answer, "view") == (13, True, ["Down"])
    assert answer["verbs"]["view"]["because"] == (
        "The sharing rule Down shares what the role Sales Person (and roles below) owns with the "
        "role Marketing, to read, and what lies below it; this record is below a record of widget "
        "of Carol's."
    )
    assert said(answer, "edit") == (13, False, [])


def test_what_is_not_seen_is_not_written(company, boss, two):
    writer = company.profile(name="Writer", others={"active": True, "verbs": ["edit"]})
    user = company.user(company.role(profile_ids=[writer]), display_name="Eve")
    company.default(widget="public_full")
    edit = asked(boss, two, user)["verbs"]["edit"]
    assert (edit["step"], edit["granted"], edit["because"]) == (
        6,
        False,
        "What is not seen is not there for Eve. The profile Writer does not grant view in widgets.",
    )
    company.service.as_(user)("PATCH", f"/widgets/{two['widget']['id']}", {}, status=404)


def test_fields_that_profiles_keep(company, boss, two):
    less = {"notes": "hidden", "phone": "hidden", "colour": "read_only", "name": "hidden"}
    more = {"phone": "read_only"}
    some = [
        company.profile(name=name, modules={"widget": {**VIEW, "fields": {**less, **fields}}})
        for name, fields in (("Less", {}), ("More", more))
    ]
    user = company.user(company.role(profile_ids=some))
    fields = asked(boss, two, user)["fields"]
    told = [(f["name"], f["right"], [p["name"] for p in f["profiles"]]) for f in fields]
    assert told == [
        ("colour", "read_only", ["Less", "More"]),
        ("notes", "hidden", ["Less", "More"]),
        ("phone", "read_only", ["More"]),
    ]


def test_a_module_that_is_switched_off(boss, two):
    boss("PUT", "/meta/crate/module", {"active": True})
    crate = boss.create("crates", name="C")["id"]
    boss("PUT", "/meta/crate/module", {"active": False})
    try:
        for who in ("bob", BOSS):
            view = asked(boss, two, who, "crates", crate)["verbs"]["view"]
            assert (view["step"], view["because"]) == (2, "Crates are switched off.")
    finally:
        boss("PUT", "/meta/crate/module", {"active": True})
