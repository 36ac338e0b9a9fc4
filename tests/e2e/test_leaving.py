"""A user is deleted: every service gives the records to another, the one that is down later."""

import uuid

import pytest

from contracts.services import SERVICE_PORTS
from tests.e2e.running import PATIENCE
from tests.eventually import eventually


@pytest.fixture
def leaver(admin):
    """Somebody of a role, whom every service knows when it is given something."""
    role = next(one["id"] for one in admin.get("/roles")["items"] if one["name"] == "Sales Person")
    name = f"leaver-{uuid.uuid4().hex[:8]}"
    return admin.create("users", username=name, last_name="Leaver", role_id=role)["id"]


def test_all_records_of_a_deleted_user_go_to_another(admin, people, leaver, without_database):
    name, mine = f"Of a leaver {uuid.uuid4()}", {"owner_id": leaver}
    account = admin.create("accounts", name=name, **mine)
    letter = {"to": ["x@example.com"], "subject": name, "body_text": "x"}
    records = {
        "accounts": [account],
        "contacts": [admin.create("contacts", last_name=name, account_id=account["id"], **mine)],
        "products": [admin.create("products", name=f"{name} {n}", **mine) for n in range(3)],
        "tickets": [admin.create("tickets", title=f"{name} {n}", **mine) for n in range(2)],
        "emails": [admin.create("emails", **letter, **mine)],
    }
    heir = people["ben"].id
    with without_database("support"):
        eventually(lambda: admin.ask("GET", "/tickets").status_code, 503, within=PATIENCE)
        started = admin("DELETE", f"/users/{leaver}?transfer_to={heir}", status=202)
        at = f"/ownership-transfers/{started['id']}"

        def states():
            return {name: part["state"] for name, part in admin.get(at)["services"].items()}

        waiting = dict.fromkeys(SERVICE_PORTS, "done") | {"support": "pending"}
        eventually(states, waiting, within=PATIENCE)
        assert admin.get(f"/accounts/{account['id']}")["owner_id"] == heir
        assert admin.get(f"/users/{leaver}")["active"] is False
        assert admin.get(at)["state"] == "moving"
    eventually(lambda: admin.get(at)["state"], "done", within=PATIENCE)
    done = admin.get(at)
    assert {name: part["moved"] for name, part in done["services"].items()} == {
        "identity": {},
        "sales": {"account": 1, "contact": 1},
        "inventory": {"product": 3},
        "support": {"ticket": 2},
        "messaging": {"email": 1},
        "reporting": {},
    }
    admin.get(f"/users/{leaver}", status=404)
    for plural, some in records.items():
        for before in some:
            now = admin.get(f"/{plural}/{before['id']}")
            assert now["owner_id"] == heir
            history = admin.get(f"/{plural}/{before['id']}/history")["items"]
            moves = [w for w in history if "owner_id" in {c["field"] for c in w["changes"]}]
            assert [write["fact"] for write in moves] == ["changed", "created"]
    assert admin.invalid("POST", "/leads", {"last_name": "x", "company": "x", **mine}) == [
        ("/owner_id", "dangling_link")
    ]
    assert admin.get("/parked-events")["items"] == []


def test_all_records_of_a_deleted_group_go_to_another(admin, people):
    name, heir = f"Crew {uuid.uuid4()}", people["ben"].id
    group = admin.create("groups", name=name)["id"]
    mine = {"owner_id": group}
    records = {
        "leads": admin.create("leads", last_name=name, company=name, **mine),
        "products": admin.create("products", name=name, **mine),
        "tickets": admin.create("tickets", title=name, **mine),
    }
    started = admin("DELETE", f"/groups/{group}?transfer_to={heir}", status=202)
    at = f"/ownership-transfers/{started['id']}"
    eventually(lambda: admin.get(at)["state"], "done", within=PATIENCE)
    owners = {
        plural: admin.get(f"/{plural}/{one['id']}")["owner_id"] for plural, one in records.items()
    }
    assert owners == dict.fromkeys(records, heir)
    admin.get(f"/groups/{group}", status=404)
    assert admin.invalid("POST", "/leads", {"last_name": "x", "company": "x", **mine}) == [
        ("/owner_id", "dangling_link")
    ]
    assert admin.get("/parked-events")["items"] == []
