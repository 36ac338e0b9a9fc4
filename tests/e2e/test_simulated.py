"""What a change of rights would come to is what it comes to, in every service."""

from tests.eventually import eventually


def test_what_is_simulated_comes_true(admin, people):
    """Over all services: Clara becomes a manager, above whoever sells."""
    ben, clara = people["ben"], people["clara"]
    manager = {role["name"]: role["id"] for role in admin.get("/roles")["items"]}["Sales Manager"]
    ben.create("leads", last_name="Simulated", company="Simulated")
    ben.create("tickets", title="Simulated")

    def seen():
        asked = ("leads", "tickets")
        return {p: clara.get(f"/{p}?count=exact&limit=1")["count"] for p in asked}

    before = seen()
    here = f"/users/{clara.id}"
    change = {"method": "PATCH", "path": here, "body": {"role_id": manager}}
    told = admin("POST", "/access/simulate", {"changes": [change], "users": [clara.id]})
    assert told["unavailable"] == []
    [user] = told["users"]
    assert user["name"] == admin.get(here)["display_name"]
    views = {
        f"{one['entity']}s": one["records"]["view"]
        for one in user["modules"]
        if one["entity"] in {"lead", "ticket"}
    }
    assert {plural: one["before"] for plural, one in views.items()} == before
    assert all(one["gained"] > 0 and one["lost"] == 0 for one in views.values())
    assert seen() == before
    role = admin.get(here)["role_id"]
    admin("PATCH", here, {"role_id": manager})
    try:
        eventually(seen, {plural: one["after"] for plural, one in views.items()})
    finally:
        admin("PATCH", here, {"role_id": role})
        eventually(seen, before)
