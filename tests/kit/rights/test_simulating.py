"""What a change of rights would come to is what it comes to once it is made."""

import pytest

from crmkit.unit_of_work import new_id
from tests.eventually import eventually
from tests.service.served import BOSS

EVERY = {"active": True, "verbs": ["*"]}
NOTHING = {"before": 0, "after": 0, "gained": 0, "lost": 0}


class Team:
    """Carol with three widgets, Dan with two, and Bob, whose role stands beside theirs."""

    def __init__(self, company):
        self.company = company
        self.boss = company.service.as_(BOSS)
        self.profile = company.profile(name="Sales")
        profiles = [self.profile]
        self.head = company.role(profile_ids=profiles)
        self.roles = {
            "carol": company.role(self.head, profile_ids=profiles),
            "dan": company.role(profile_ids=profiles),
            "bob": company.role(profile_ids=profiles),
        }
        self.users = {who: company.user(role) for who, role in self.roles.items()}
        apis = {who: company.service.as_(user) for who, user in self.users.items()}
        self.widgets = [
            apis[who].create("widgets", name=who)["id"]
            for who in ("carol", "carol", "carol", "dan", "dan")
        ]

    def compared(self, *users, status=200, **supposed):
        body = {"supposed": supposed, "users": [self.users[who] for who in users or ("bob",)]}
        return self.boss("POST", "/access/compare", body, status=status)

    def widgets_of(self, *users, **supposed):
        """What would be other in widgets, for one user each."""
        found = [
            {m["entity"]: m for m in one["modules"]}.get("widget")
            for one in self.compared(*users, **supposed)["items"]
        ]
        return found[0] if len(found) == 1 else found

    def real(self, who="bob"):
        """On how many of the five somebody has which verb."""
        api = self.company.service.as_(self.users[who])
        rights = [api.ask("GET", f"/widgets/{one}/rights") for one in self.widgets]
        seen = [one.json()["rights"] for one in rights if one.status_code == 200]
        return {verb: sum(one[verb] for one in seen) for verb in ("view", "edit", "delete")}


@pytest.fixture
def team(company):
    return Team(company)


def tried(team, wanted, make, who="bob", **supposed):
    """What is foretold is wanted, and comes true when `make` makes the change."""
    before = team.real(who)
    told = team.widgets_of(who, **supposed)["records"]
    assert {verb: (one["gained"], one["lost"]) for verb, one in told.items()} == wanted
    assert all(one["after"] - one["before"] == one["gained"] - one["lost"] for one in told.values())
    make()
    gains = {verb: one["gained"] - one["lost"] for verb, one in told.items()}
    after = {verb: count + gains.get(verb, 0) for verb, count in before.items()}
    eventually(lambda: team.real(who), after, within=2)


def place(role, **more):
    return {"role_id": role, "is_admin": False, "active": True, **more}


def rule(team, owner, access="read_write"):
    return {
        "module": "widget",
        "access": access,
        "related": [],
        "owned_by_role_id": team.roles[owner],
        "owned_by_subordinates": False,
        "owned_by_group_id": None,
        "shared_with_role_id": team.roles["bob"],
        "shared_with_subordinates": False,
        "shared_with_group_id": None,
    }


def every(gained, lost=0):
    return dict.fromkeys(("view", "edit", "delete"), (gained, lost))


def test_moving_to_another_role(team):
    bob = team.users["bob"]
    users = {bob: place(team.head)}
    tried(team, every(3), lambda: team.company.move(bob, team.head), users=users)


def test_somebody_else_coming_below_one(team):
    dan, below = team.users["dan"], team.company.role(below=team.roles["bob"])
    users = {dan: place(below)}
    tried(team, every(2), lambda: team.company.move(dan, below), users=users)


def test_a_role_with_its_people_coming_below_another(team):
    path = "".join(f"{team.roles[who]}/" for who in ("bob", "carol"))
    role = {"path": path, "profile_ids": [team.profile], "assigns_to": "all_users"}

    def make():
        team.company._paths[team.roles["carol"]] = path
        team.company.change_role(team.roles["carol"], profile_ids=[team.profile])

    tried(team, every(3), make, roles={team.roles["carol"]: role})


def test_a_rule_made_and_taken_away(team):
    rule_id = new_id()
    parties = ("role", team.roles["dan"]), ("role", team.roles["bob"])
    wanted = {"view": (2, 0), "edit": (2, 0)}

    def make():
        team.company.rule("widget", *parties, access="read_write", rule_id=rule_id)

    tried(team, wanted, make, rules={rule_id: rule(team, "dan")})
    gone = dict.fromkeys(wanted, (0, 2))
    tried(team, gone, team.company.clear, rules={rule_id: None})


def test_a_rule_that_others_make_needless_changes_nothing(team):
    parties = ("role", team.roles["dan"]), ("role", team.roles["bob"])
    team.company.rule("widget", *parties, access="read_write")
    assert team.widgets_of("bob", rules={new_id(): rule(team, "dan", "read")}) is None


def test_groups(team):
    crew = team.company.group(("user", team.users["bob"]))
    for widget in team.widgets[:2]:
        team.boss("PATCH", f"/widgets/{widget}", {"owner_id": crew})
    tried(
        team,
        every(0, 2),
        lambda: team.company.group(group_id=crew),
        groups={crew: []},
    )
    members = [{"kind": "role_and_below", "id": team.roles["bob"]}]
    tried(
        team,
        every(2),
        lambda: team.company.group(("role_and_below", team.roles["bob"]), group_id=crew),
        groups={crew: members},
    )


def test_the_organisations_default(team):
    told = team.widgets_of("bob", defaults={"widget": "public_read"})["records"]
    assert list(told) == ["view"]
    team.company.default(widget="public_read")
    (total,) = team.company.service.sql("SELECT count(*) FROM widget WHERE deleted_at IS NULL")[0]
    assert told["view"] == {**NOTHING, "after": total, "gained": total}
    assert team.real() == {"view": 5, "edit": 0, "delete": 0}


def test_profiles_verbs_and_fields(team):
    sees = {"active": True, "verbs": ["view", "edit"], "fields": {"notes": "hidden"}}
    profile = {"view_all": False, "edit_all": False, "modules": {"widget": sees}, "others": EVERY}
    carol = team.widgets_of("carol", profiles={team.profile: profile})
    assert carol["records"] == {"delete": {"before": 3, "after": 0, "gained": 0, "lost": 3}}
    assert carol["verbs_gained"] == []
    assert {"delete", "create", "export", "paint"} <= set(carol["verbs_lost"])
    assert carol["fields"] == [{"name": "notes", "before": "read_write", "after": "hidden"}]


def test_an_administrator_and_one_who_leaves(team):
    bob = team.users["bob"]
    (item,) = team.compared("bob", users={bob: place(None, is_admin=True)})["items"]
    modules = {one["entity"]: one for one in item["modules"]}
    assert modules["secret"]["verbs_gained"][:3] == ["create", "delete", "edit"]
    assert modules["widget"]["records"]["delete"]["before"] == 0
    carol = team.users["carol"]
    left = team.widgets_of("carol", users={carol: place(team.roles["carol"], active=False)})
    assert left["records"]["view"] == {"before": 3, "after": 0, "gained": 0, "lost": 3}
    assert "view" in left["verbs_lost"]


def test_nobody_is_moved_by_it_and_nobody_else_asks(team):
    bob = team.users["bob"]
    body = {"supposed": {"users": {bob: place(team.head)}}, "users": [bob]}
    for who in ("bob", "carol"):
        api = team.company.service.as_(team.users[who])
        assert api("POST", "/access/compare", body, status=403)["code"] == "forbidden"
        assert api("POST", "/access/compare", {}, status=403)["code"] == "forbidden"
    assert team.boss.invalid("POST", "/access/compare", {"users": []}) == [
        ("/supposed", "required"),
        ("/users", "too_short"),
    ]
    team.compared("bob", users={bob: place(team.head)})
    assert team.real() == {"view": 0, "edit": 0, "delete": 0}
