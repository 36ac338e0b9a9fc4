"""What profiles let their people do: modules, verbs, everything viewed or edited; in unions."""

import pytest

from tests.eventually import eventually

VIEW = {"active": True, "verbs": ["view"]}
OFF = {"active": False, "verbs": ["*"]}
NOTHING = {"active": True, "verbs": []}


@pytest.fixture
def owner(company):
    """Somebody of another branch who owns a widget, and it."""
    user = company.user(company.role())
    api = company.service.as_(user)
    return api, api.create("widgets", name="theirs")


def somebody(company, *profiles):
    return company.service.as_(company.user(company.role(profile_ids=list(profiles))))


def test_who_has_no_profile_may_nothing(company):
    api = somebody(company)
    for method, path in (("GET", "/widgets"), ("POST", "/widgets"), ("GET", "/crates")):
        problem = api(method, path, {"name": "x"}, status=403)
        assert problem["code"] == "forbidden"
    assert problem["detail"] == "Your profile does not let you view crates."
    assert api.get("/search?q=theirs") == {"items": []}
    assert not any(api.get("/meta/widget")["rights"].values())
    assert api.get("/rules")["items"] == []  # what administrators write, everybody reads


def test_each_verb_is_granted_by_itself(company):
    mine = ["view", "create", "edit"]
    profile = company.profile(modules={"widget": {**VIEW, "verbs": mine}}, others=NOTHING)
    api = somebody(company, profile)
    widget = api.create("widgets", name="x")
    here = f"/widgets/{widget['id']}"
    assert api("PATCH", here, {"parts": 2})["parts"] == 2
    for method, path, body, verb in (
        ("DELETE", here, None, "delete"),
        ("POST", f"{here}/paint", {"colour": "Red"}, "paint"),
        ("POST", "/widgets/export", {}, "export"),
        (
            "POST",
            "/widgets/mass",
            {"operation": "edit", "selection": {"ids": [widget["id"]]}, "values": {"parts": 3}},
            "mass edit",
        ),
    ):
        problem = api(method, path, body, status=403)
        assert problem["detail"] == f"Your profile does not let you {verb} widgets."
    granted = {verb for verb, may in api.get("/meta/widget")["rights"].items() if may}
    assert granted == set(mine)
    company.change_profile(profile, modules={"widget": {**VIEW, "verbs": ["*"]}}, others=NOTHING)
    later = somebody(company, profile)
    made = later.create("widgets", name="y")
    later("DELETE", f"/widgets/{made['id']}", status=204)


def test_a_change_is_effective_within_a_second(company):
    profile = company.profile()
    api = somebody(company, profile)
    api.create("widgets", name="x")
    company.change_profile(profile, others=OFF)
    eventually(lambda: api.ask("GET", "/widgets").status_code, 403, within=1)
    company.change_profile(profile, others=VIEW)
    eventually(lambda: api.ask("GET", "/widgets").status_code, 200, within=1)


def test_of_several_profiles_the_most_permissive_wins(company):
    off, look = company.profile(others=OFF), company.profile(others=VIEW)
    maker = company.profile(modules={"widget": {**VIEW, "verbs": ["create"]}}, others=NOTHING)
    api = somebody(company, off, look, maker)
    made = api.create("widgets", name="x")
    here = f"/widgets/{made['id']}"
    assert api.get(here) == made
    api("PATCH", here, {"parts": 1}, status=403)  # a module that is off grants none of its verbs


def test_view_all_sees_and_edit_all_changes_what_is_anybodys(company, owner):
    _, theirs = owner
    here = f"/widgets/{theirs['id']}"
    viewer = somebody(company, company.profile(view_all=True, others=NOTHING))
    assert viewer.get(here)["id"] == theirs["id"]
    viewer("PATCH", here, {"parts": 1}, status=403)
    editor = somebody(company, company.profile(edit_all=True, others=NOTHING))
    assert editor("PATCH", here, {"parts": 1})["parts"] == 1
    editor("DELETE", here, status=403)
    deleter = somebody(company, company.profile(edit_all=True))
    problem = deleter("DELETE", here, status=403)
    assert problem["detail"] == "You may not delete this record."


def test_modules_without_owners_are_everybodys_who_may(company):
    api = somebody(company, company.profile(others={**VIEW, "verbs": ["view", "create"]}))
    crate = api.create("crates", name="x")
    api("PATCH", f"/crates/{crate['id']}", {"name": "y"}, status=403)
    other = somebody(company, company.profile())
    assert other("PATCH", f"/crates/{crate['id']}", {"name": "y"})["name"] == "y"
