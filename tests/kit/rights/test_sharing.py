"""Whose records one sees: place, groups, what the organisation leaves open, sharing rules."""

import pytest

from crmkit.unit_of_work import new_id
from tests.eventually import eventually
from tests.service.served import BOSS, record


class Reader:
    """Somebody who looks at one record of another branch."""

    def __init__(self, api, path):
        self.api, self.path = api, path

    def may(self):
        """What works: r, w and d, none of which changes anything."""
        got = self.api.ask("GET", self.path).status_code
        asked = [self.api.ask("PATCH", self.path, {}).status_code]
        asked.append(self.api.ask("DELETE", self.path, If_Match='"0"').status_code)
        if got == 404:
            assert asked == [404, 404]
            return ""
        assert got == 200
        # Who may delete is told that the version is another one; who may not, that they may not.
        letters = {200: "w", 412: "d", 403: ""}
        return "r" + "".join(letters[status] for status in asked)


@pytest.fixture
def two(company):
    """Two roles side by side, a user of each, and a widget of the first one's."""
    mine, yours = company.role(), company.role()
    owner, reader = company.user(mine), company.user(yours)
    widget = company.service.as_(owner).create("widgets", name="shared")
    return {
        "mine": mine,
        "yours": yours,
        "owner": owner,
        "user": reader,
        "widget": widget,
        "reader": Reader(company.service.as_(reader), f"/widgets/{widget['id']}"),
    }


@pytest.mark.parametrize(
    ("default", "may"),
    [
        ("private", ["", "r", "rw"]),
        ("public_read", ["r", "r", "rw"]),
        ("public_edit", ["rw", "rw", "rw"]),
        ("public_full", ["rwd", "rwd", "rwd"]),
    ],
)
def test_the_organisations_default_and_a_rule(company, two, default, may):
    """By itself, with a rule to read, with one to write."""
    company.default(widget=default)
    found = [_fresh(company, two).may()]
    parties = ("role", two["mine"]), ("role", two["yours"])
    rule = company.rule("widget", *parties)
    found.append(_fresh(company, two).may())
    company.rule("widget", *parties, access="read_write", rule_id=rule)
    found.append(_fresh(company, two).may())
    assert found == may


def _fresh(company, two):
    """Somebody else of the reader's role, whom no process remembers."""
    api = company.service.as_(company.user(two["yours"]))
    return Reader(api, two["reader"].path)


PARTIES = ("role", "role_and_below", "group", "group_of_role", "group_of_group")


def _party(company, kind, role_id, user_id):
    match kind:
        case "role" | "role_and_below":
            return kind, role_id
        case "group":
            return "group", company.group(("user", user_id))
        case "group_of_role":
            return "group", company.group(("role_and_below", role_id))
        case _:
            return "group", company.group(("group", company.group(("role", role_id))))


@pytest.mark.parametrize("owned_by", PARTIES)
@pytest.mark.parametrize("shared_with", PARTIES)
def test_a_rule_reaches_every_kind_of_party(company, two, owned_by, shared_with):
    company.rule(
        "widget",
        _party(company, owned_by, two["mine"], two["owner"]),
        _party(company, shared_with, two["yours"], two["user"]),
    )
    reader = company.service.as_(two["user"])
    assert reader.get(two["reader"].path)["id"] == two["widget"]["id"]
    assert [w["id"] for w in reader.get("/widgets")["items"]] == [two["widget"]["id"]]


def test_subordinates_are_meant_only_where_the_rule_says_so(company, two):
    below = company.user(company.role(below=two["mine"]))
    widget = company.service.as_(below).create("widgets", name="low")
    company.rule("widget", ("role", two["mine"]), ("role", two["yours"]))
    assert _fresh(company, two).api.ask("GET", f"/widgets/{widget['id']}").status_code == 404
    company.rule("widget", ("role_and_below", two["mine"]), ("role", two["yours"]))
    assert _fresh(company, two).api.ask("GET", f"/widgets/{widget['id']}").status_code == 200


def test_what_a_group_owns_is_its_members_and_what_members_own_is_not(company, two):
    group = company.group(("user", two["user"]), ("role", two["mine"]))
    owner, reader = company.service.as_(two["owner"]), two["reader"]
    assert reader.may() == ""
    given = owner("PATCH", reader.path, {"owner_id": group})
    assert given["owner_id"] == group
    assert _fresh(company, two).may() == ""
    member = Reader(company.service.as_(two["user"]), reader.path)
    assert member.may() == "rwd"
    assert member.api.get(f"/widgets?filter[owner_id]={group}")["items"] == [given]
    assert member.api.get("/widgets?filter[owner_id]=me")["items"] == []


def test_no_record_is_given_to_a_group_that_is_gone(company, two):
    group = company.group(("role", two["mine"]))
    company.group(group_id=group, deleted=True)
    owner = company.service.as_(two["owner"])
    assert owner.invalid("PATCH", two["reader"].path, {"owner_id": group}) == [
        ("/owner_id", "dangling_link")
    ]


@pytest.mark.parametrize(
    ("assigns_to", "reached"),
    [
        ("all_users", {"beside", "above", "below", "group", "other_group"}),
        ("same_role_or_below", {"beside", "below", "group"}),
        ("below", {"below", "group"}),
    ],
)
def test_a_role_says_to_whom_its_people_assign(company, assigns_to, reached):
    top = company.role()
    middle = company.role(below=top, assigns_to=assigns_to)
    me = company.user(middle)
    others = {
        "beside": company.user(middle),
        "above": company.user(top),
        "below": company.user(company.role(below=middle)),
        "group": company.group(("user", me)),
        "other_group": company.group(("role", top)),
    }
    api = company.service.as_(me)
    found = set()
    for name, owner in others.items():
        answer = api.ask("POST", "/widgets", {"name": name, "owner_id": owner})
        if answer.status_code == 201:
            found.add(name)
        else:
            codes = [(e["pointer"], e["code"]) for e in answer.json()["errors"]]
            assert codes == [("/owner_id", "owner_out_of_reach")]
    assert found == reached
    assert api.create("widgets", name="mine", owner_id=me)["owner_id"] == me


@pytest.mark.parametrize("access", ["read", "read_write"])
def test_what_lies_below_a_shared_record_is_shared_as_the_rule_says(company, two, access):
    stranger = company.service.as_(company.user(company.role()))
    related = [{"module": "widget", "access": access}]
    child = stranger.create("widgets", name="child")
    two_below = stranger.create("widgets", name="grandchild", parent_id=child["id"])
    _put_below(company, child, two["widget"])
    company.rule("widget", ("role", two["mine"]), ("role", two["yours"]), related=related)
    reader = _fresh(company, two).api
    assert Reader(reader, f"/widgets/{child['id']}").may() == {"read": "r"}.get(access, "rw")
    assert Reader(reader, f"/widgets/{two_below['id']}").may() == ""


def _put_below(company, child, parent):
    """As nobody could who does not see the parent."""
    company.service.sql("UPDATE widget SET parent_id = %s WHERE id = %s", parent["id"], child["id"])


def test_so_is_what_lies_below_another_services_record(company, two):
    gizmo, other = new_id(), new_id()
    for gizmo_id, owner in ((gizmo, two["owner"]), (other, two["user"])):
        state = {"name": "g", "number": None, "owner_id": owner, "part_of_id": None}
        kind = "crm.elsewhere.gizmo.created.v1"
        company.service.hear("links", record(kind, gizmo_id, **state))
    stranger = company.service.as_(company.user(company.role()))
    below = [stranger.create("widgets", name="x", gizmo_id=one) for one in (gizmo, other)]
    company.rule(
        "gizmo",
        ("role", two["mine"]),
        ("role", two["yours"]),
        related=[{"module": "widget", "access": "read"}],
    )
    reader = _fresh(company, two).api
    assert Reader(reader, f"/widgets/{below[0]['id']}").may() == "r"
    assert Reader(reader, f"/widgets/{below[1]['id']}").may() == ""


def _feed(api):
    """What a client that keeps a copy has in the end: by id, whether it was deleted."""
    page = api.get("/widgets/changes")
    items = page["items"]
    while page["more"]:
        page = api.get(f"/widgets/changes?cursor={page['next_cursor']}")
        items += page["items"]
    return {item["id"]: item["deleted"] for item in items}


@pytest.mark.parametrize("lost", ["moved", "purged"])
def test_the_feed_has_what_lies_below_while_it_does(company, two, lost):
    """Below a record of this service; and of another, by the owner in the copy of the link."""
    gizmo, stranger = new_id(), company.user(company.role())
    state = {"name": "g", "number": None, "owner_id": two["owner"], "part_of_id": None}
    company.service.hear("links", record("crm.elsewhere.gizmo.created.v1", gizmo, **state))
    api, boss = company.service.as_(stranger), company.service.as_(BOSS)
    child, far = (
        api.create("widgets", name="child", **above) for above in ({}, {"gizmo_id": gizmo})
    )
    _put_below(company, child, two["widget"])
    ids = {child["id"], far["id"]}
    parties = ("role", two["mine"]), ("role", two["yours"])
    related = [{"module": "widget", "access": "read"}]

    def told(reader):
        found = _feed(reader)
        return {found.get(one) for one in ids}

    eventually(lambda: told(boss), {False})
    assert told(_fresh(company, two).api) == {None}
    rules = {
        module: company.rule(module, *parties, related=related) for module in ("widget", "gizmo")
    }
    assert told(_fresh(company, two).api) == {False}
    if lost == "moved":
        boss("PATCH", f"/widgets/{child['id']}", {"parent_id": None})
        boss("PATCH", f"/widgets/{far['id']}", {"gizmo_id": None})
    else:
        for one in sorted(ids):
            boss("DELETE", f"/widgets/{one}", status=204)
        assert boss("POST", "/widgets/bin/purge", {"ids": sorted(ids)})["purged"] == 2
    reader = _fresh(company, two).api
    eventually(lambda: told(reader), {True})
    for module, rule in rules.items():
        company.rule(module, *parties, rule_id=rule)
    assert told(_fresh(company, two).api) == {None}
