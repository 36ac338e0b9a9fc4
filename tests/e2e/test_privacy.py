"""A person is found over all services, given what is kept, and erased; the audit is whole."""

import json
import uuid

import pytest

from contracts.services import SERVICE_PORTS
from tests.e2e.conftest import line
from tests.e2e.running import PATIENCE
from tests.eventually import eventually


@pytest.fixture
def tag():
    return f"t{uuid.uuid4().hex[:12]}"


def settled(api, request, state):
    path = f"/privacy-requests/{request['id']}"
    eventually(lambda: api.get(path)["state"], state, within=PATIENCE)
    return api.get(path)


def counted(request):
    """What each service has done, as (service, entity, action) and how many."""
    return {
        (service, item["entity"], item["action"]): item["count"]
        for service, said in request["report"].items()
        for item in said["items"]
    }


def waits_for(api, request, *services):
    path = f"/privacy-requests/{request['id']}"
    eventually(lambda: api.get(path)["waiting_for"], list(services), within=PATIENCE)
    return api.get(path)


@pytest.fixture
def ada(ben, make_products, tag):
    """What the suite keeps of a person of this name: each record by what it is."""
    address = f"{tag}@example.com"
    [goods] = make_products("10")
    account = ben.create("accounts", name=f"Account {uuid.uuid4()}", secondary_email=address)
    names = {"first_name": "Ada", "last_name": tag, "email": address, "birthdate": "1815-12-10"}
    contact = ben.create("contacts", account_id=account["id"], **names)
    ben("PATCH", f"/contacts/{contact['id']}", {"mobile": "+44 20 7946 0958"})
    ben("POST", f"/contacts/{contact['id']}/comments", {"body": f"{tag} likes tea"}, status=201)
    ticket = ben.create("tickets", title=f"{tag} cannot log in", contact_id=contact["id"])
    asked = {"subject": "Tea", "account_id": account["id"], "contact_id": contact["id"]}
    order = ben.create("sales-orders", lines=[line(goods, "1", "9")], **asked)
    letter = ben.create("emails", to=[address], subject=f"Dear {tag}", body_text=f"Hello {tag}")
    both = {"to": [address, "x@example.com"], "subject": "To all", "body_text": "Hello"}
    circular = ben.create("emails", **both)
    eventually(lambda: ben.get(f"/emails/{letter['id']}")["status"], "sent", within=PATIENCE)
    return {
        "accounts": account["id"],
        "contacts": contact["id"],
        "tickets": ticket["id"],
        "sales-orders": order["id"],
        "letter": letter["id"],
        "circular": circular["id"],
    }


def test_a_person_is_given_what_all_services_keep(admin, ada, without_database, tag):
    with without_database("support"):
        wish = admin.create("privacy-requests", kind="export", email=f"{tag}@example.com")
        waiting = waits_for(admin, wish, "support")
        assert (waiting["state"], waiting["round"]) == ("finding", 1)
    done = settled(admin, wish, "done")
    assert counted(done)["sales", "contact", "exported"] == 1
    found = admin.get(f"/person-data/{wish['id']}")
    assert found["unavailable"] == []
    by_entity = {one["entity"]: one for one in found["records"] if one["entity"] != "email"}
    assert by_entity["contact"]["values"]["birthdate"] == "1815-12-10"
    assert by_entity["contact"]["comments"][0]["body"] == f"{tag} likes tea"
    assert by_entity["ticket"]["values"]["title"] == f"{tag} cannot log in"
    assert {one["entity"] for one in found["records"]} >= {"contact", "ticket", "sales_order"}
    for act in ("person.exported", "person.handed_over"):
        noted = admin.get(f"/audit?act={act}&subject_id={wish['id']}")["items"]
        assert sorted(one["service"] for one in noted) == sorted(SERVICE_PORTS)


def test_a_person_is_erased_everywhere(admin, ben, ada, without_database, tag):
    address = f"{tag}@example.com"
    wish = admin.create("privacy-requests", kind="erase", email=address)
    ready = settled(admin, wish, "ready")
    would = counted(ready)
    assert would["sales", "contact", "anonymised"] == 1
    assert would["sales", "sales_order", "kept"] == 1
    assert would["support", "ticket", "anonymised"] == 1
    assert ben.get(f"/contacts/{ada['contacts']}")["last_name"] == tag
    with without_database("support"):
        admin("POST", f"/privacy-requests/{wish['id']}/confirm", {})
        waiting = waits_for(admin, wish, "support")
        assert (waiting["state"], waiting["email"]) == ("erasing", address)
        assert ben.get(f"/contacts/{ada['contacts']}")["last_name"] == "Erased"
        assert ben.ask("GET", f"/tickets/{ada['tickets']}").status_code == 503
    done = settled(admin, wish, "done")
    assert counted(done).items() >= would.items()
    assert done["email"] is None

    anonymous = ben.get(f"/contacts/{ada['contacts']}")
    kept = {n: anonymous[n] for n in ("first_name", "last_name", "email", "mobile", "birthdate")}
    assert kept == dict.fromkeys(kept) | {"last_name": "Erased"}
    assert ben.get(f"/accounts/{ada['accounts']}")["secondary_email"] is None
    assert ben.get(f"/tickets/{ada['tickets']}")["title"] == "Erased"
    assert ben.get(f"/sales-orders/{ada['sales-orders']}")["contact_id"] == ada["contacts"]
    assert ben.get(f"/emails/{ada['letter']}")["body_text"] is None
    circular = ben.get(f"/emails/{ada['circular']}")
    assert (circular["to"], circular["subject"]) == (["x@example.com"], "To all")
    for plural, facts in (
        ("contacts", ["erased", "commented", "changed", "created"]),
        ("tickets", ["erased", "created"]),
    ):
        history = ben.get(f"/{plural}/{ada[plural]}/history")["items"]
        assert [write["fact"] for write in history] == facts
        assert tag not in json.dumps(history)
    eventually(lambda: ben.get(f"/search?q={tag}")["items"], [], within=PATIENCE)
    acts = admin.get(f"/audit?act=person.erased&subject_id={wish['id']}")["items"]
    assert sorted(act["service"] for act in acts) == sorted(SERVICE_PORTS)
    for verdict in admin.get("/audit/verify")["items"]:
        assert verdict["bad"] is None
    assert tag not in json.dumps(admin.get("/audit?limit=200"))
