"""Profiles, groups and sharing rules: what they may name, and what a suite starts with."""

import uuid

import pytest
from sqlalchemy import text

from crmkit.config import Settings
from crmkit.modules import known
from services.identity import bootstrap as first_start

NOBODY = str(uuid.UUID(int=7))


@pytest.fixture(scope="module")
def made(admin):
    def make(plural, **body):
        answer = admin("POST", f"/{plural}", {"name": f"x-{uuid.uuid4().hex[:8]}"} | body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def _shipped(admin, plural):
    """What the suite itself has made, the oldest first."""
    items = admin("GET", f"/{plural}?sort=created_at,id&limit=200").json()["items"]
    return [one for one in items if one["source"] == "CRM"]


def test_what_a_new_suite_starts_with(admin):
    """Spec 1.27, name by name."""
    profiles = {profile["id"]: profile for profile in _shipped(admin, "profiles")}
    names = {one["name"]: (one["view_all"], one["edit_all"]) for one in profiles.values()}
    limited = dict.fromkeys(("Sales", "Support", "Guest"), (False, False))
    assert names == {"Administrator": (True, True)} | limited
    roles = _shipped(admin, "roles")
    held = [(r["name"], [profiles[i]["name"] for i in r["profile_ids"]]) for r in roles]
    assert held == [
        ("Organisation", ["Administrator"]),
        ("CEO", ["Administrator"]),
        ("Vice President", ["Sales"]),
        ("Sales Manager", ["Sales"]),
        ("Sales Person", ["Sales"]),
    ]
    assert [r["parent_id"] for r in roles] == [None, *(r["id"] for r in roles[:-1])]
    assert {r["assigns_to"] for r in roles} == {"all_users"}
    groups = [group["name"] for group in _shipped(admin, "groups")]
    assert groups == ["Team Selling", "Marketing", "Support"]
    sharing = admin("GET", "/organisations").json()["items"][0]["sharing"]
    owned = {n for n, one in known().items() if one["owned"] and n not in {"contact", "email"}}
    assert sharing == dict.fromkeys(owned, "public_full")


def test_everything_a_profile_names_is_in_the_catalogue(admin, errors):
    profile = {
        "name": "Wrong",
        "others": {"verbs": ["view", "fly"]},
        "modules": {
            "unicorn": {"verbs": ["view"]},
            "role": {"verbs": ["view"]},
            "lead": {
                "verbs": ["convert", "approve"],
                "fields": {"company": "hidden", "horn": "hidden", "last_name": "hidden"},
            },
        },
    }
    assert sorted(errors(admin("POST", "/profiles", profile))) == [
        ("/modules/lead/fields/horn", "unknown_field"),
        ("/modules/lead/fields/last_name", "unexpected_value"),
        ("/modules/lead/verbs/1", "unknown_value"),
        ("/modules/role", "unknown_value"),
        ("/modules/unicorn", "unknown_value"),
        ("/others/verbs/1", "unknown_value"),
    ]


def test_a_profile_that_roles_have_is_not_deleted(admin, made):
    profile = made("profiles", others={"verbs": ["*"]})
    role = made("roles", profile_ids=[profile["id"]])
    refused = admin("DELETE", f"/profiles/{profile['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "profile_in_use")
    assert admin("PATCH", f"/roles/{role['id']}", {"profile_ids": []}).ok
    assert admin("DELETE", f"/profiles/{profile['id']}").status_code == 204


def test_a_new_role_has_its_superiors_profiles_unless_given_others(made, roles, admin, errors):
    above = roles["Sales Manager"]
    assert made("roles", parent_id=above["id"])["profile_ids"] == above["profile_ids"]
    assert made("roles", parent_id=above["id"], profile_ids=[])["profile_ids"] == []
    assert made("roles")["profile_ids"] == []
    answer = admin("POST", "/roles", {"name": "x", "profile_ids": [NOBODY]})
    assert errors(answer) == [("/profile_ids/0", "dangling_link")]


def test_groups_have_members_that_exist_and_never_themselves(admin, made, errors, roles):
    inner = made("groups", members=[{"kind": "role", "id": roles["CEO"]["id"]}])
    outer = made("groups", members=[{"kind": "group", "id": inner["id"]}])
    here = f"/groups/{inner['id']}"
    circle = [{"kind": "group", "id": outer["id"]}, {"kind": "user", "id": NOBODY}]
    assert errors(admin("PATCH", here, {"members": circle})) == [
        ("/members/1/id", "dangling_link"),
        ("/members/0/id", "cycle"),
    ]
    itself = [{"kind": "group", "id": inner["id"]}]
    assert errors(admin("PATCH", here, {"members": itself})) == [("/members/0/id", "cycle")]
    refused = admin("DELETE", f"{here}?transfer_to={made('groups')['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "member_of_a_group")


def test_a_rule_shares_modules_with_owners_between_two_parties(admin, made, errors, roles):
    ceo, group = roles["CEO"]["id"], made("groups")["id"]
    body = {
        "module": "account",
        "owned_by_role_id": ceo,
        "owned_by_group_id": group,
        "shared_with_subordinates": True,
        "related": [{"module": "opportunity"}, {"module": "purchase_order"}, {"module": "x"}],
    }
    assert errors(admin("POST", "/sharing-rules", body)) == [
        ("/related/1/module", "unexpected_value"),
        ("/related/2/module", "unknown_value"),
        ("/owned_by_group_id", "unexpected_value"),
        ("/shared_with_role_id", "required"),
        ("/shared_with_subordinates", "unexpected_value"),
    ]
    for module in ("contact", "product", "role"):
        wrong = {"module": module, "owned_by_role_id": ceo, "shared_with_group_id": group}
        assert errors(admin("POST", "/sharing-rules", wrong)) == [("/module", "unknown_value")]
    right = {"owned_by_role_id": ceo, "shared_with_group_id": group, "module": "account"}
    made("sharing-rules", related=[{"module": "opportunity"}], **right)
    refused = admin("DELETE", f"/groups/{group}?transfer_to={made('groups')['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "record_in_use")


def test_an_upgraded_suite_tells_the_names_of_roles_and_profiles_once(database, tmp_path):
    """Copies from before names were kept have none until they hear a newer version."""
    settings = Settings.from_env({"TANDEM_VAR": str(tmp_path / "var")})
    first_start.bootstrap(database, settings)

    def asked(query):
        with database.transaction() as session:
            return session.execute(text(query)).all()

    names = "SELECT name FROM role UNION ALL SELECT name FROM profile_copy ORDER BY 1"
    before = asked(names)
    assert len(before) == 9
    with database.transaction() as session:
        for nameless in ("role SET name = NULL", "profile_copy SET name = NULL"):
            session.execute(text(f"UPDATE {nameless}"))
        session.execute(text("DELETE FROM outbox"))
    for _ in range(2):
        first_start.bootstrap(database, settings)
        told = asked(
            "SELECT type, count(*), count(DISTINCT e->'data'->'record'->>'name')"
            " FROM (SELECT type, convert_from(body, 'UTF8')::jsonb AS e FROM outbox) AS told"
            " GROUP BY type ORDER BY type"
        )
        assert [tuple(row) for row in told] == [
            ("crm.identity.profile.changed.v1", 4, 4),
            ("crm.identity.role.changed.v1", 5, 5),
        ]
        assert asked(names) == before
    versions = "SELECT DISTINCT version FROM role UNION SELECT DISTINCT version FROM profile_copy"
    assert asked(versions) == [(2,)]


def test_an_upgraded_suite_keeps_what_its_people_could_do(database, tmp_path):
    settings = Settings.from_env({"TANDEM_VAR": str(tmp_path / "var")})
    first_start.bootstrap(database, settings)
    with database.transaction() as session:  # as it was before there were profiles
        for forgotten in ("DELETE FROM access_profile", "DELETE FROM user_group"):
            session.execute(text(forgotten))
        session.execute(text("UPDATE user_role SET profile_ids = NULL"))
        session.execute(text("UPDATE organisation SET sharing = '{}'"))
    first_start.bootstrap(database, settings)
    first_start.bootstrap(database, settings)
    with database.transaction() as session:
        (profile,) = session.execute(text("SELECT * FROM access_profile")).all()
        held = session.execute(text("SELECT profile_ids FROM user_role")).scalars().all()
        sharing = session.scalar(text("SELECT sharing FROM organisation"))
        known = session.execute(text("SELECT profile_ids FROM role")).scalars().all()
    assert (profile.view_all, profile.edit_all) == (False, False)
    assert profile.others["verbs"] == ["*"]
    assert held == known == [[str(profile.id)]] * 5
    assert sharing == {}
