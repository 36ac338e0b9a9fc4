"""A person is found over all services, given what is kept, and erased; the audit is whole."""

import json
import uuid

import pytest

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


def test_a_person_is_exported_and_then_erased_everywhere(suite, admin, ben, make_products, tag):
    address = f"{tag}@example.com"
    [goods] = make_products("10")
    account = ben.create("accounts", name=f"Account {uuid.uuid4()}", secondary_email=address)
    contact = ben.create(
        "contacts",
        first_name="Ada",
        last_name=tag,
        email=address,
        birthdate="1815-12-10",
        account_id=account["id"],
    )
    ben("PATCH", f"/contacts/{contact['id']}", {"mobile": "+44 20 7946 0958"})
    ben("POST", f"/contacts/{contact['id']}/comments", {"body": f"{tag} likes tea"}, status=201)
    ticket = ben.create("tickets", title=f"{tag} cannot log in", contact_id=contact["id"])
    line = {"product_id": goods["id"], "quantity": "1", "list_price": "9"}
    order = ben.create(
        "sales-orders",
        subject="Tea",
        account_id=account["id"],
        contact_id=contact["id"],
        lines=[line],
    )
    letter = ben.create("emails", to=[address], subject=f"Dear {tag}", body_text=f"Hello {tag}")
    both = {"to": [address, "x@example.com"], "subject": "To all", "body_text": "Hello"}
    circular = ben.create("emails", **both)
    eventually(lambda: ben.get(f"/emails/{letter['id']}")["status"], "sent", within=PATIENCE)

    wish = admin.create("privacy-requests", kind="export", email=address)
    done = settled(admin, wish, "done")
    assert counted(done)["sales", "contact", "exported"] == 1
    found = admin.get(f"/person-data/{wish['id']}")
    assert found["unavailable"] == []
    by_entity = {one["entity"]: one for one in found["records"] if one["entity"] != "email"}
    assert by_entity["contact"]["values"]["birthdate"] == "1815-12-10"
    assert by_entity["contact"]["comments"][0]["body"] == f"{tag} likes tea"
    assert by_entity["ticket"]["values"]["title"] == f"{tag} cannot log in"
    assert {one["entity"] for one in found["records"]} >= {"contact", "ticket", "sales_order"}

    wish = admin.create("privacy-requests", kind="erase", email=address)
    ready = settled(admin, wish, "ready")
    would = counted(ready)
    assert would["sales", "contact", "anonymised"] == 1
    assert would["sales", "sales_order", "kept"] == 1
    assert would["support", "ticket", "anonymised"] == 1
    assert ben.get(f"/contacts/{contact['id']}")["last_name"] == tag
    admin("POST", f"/privacy-requests/{wish['id']}/confirm", {})
    done = settled(admin, wish, "done")
    assert counted(done).items() >= would.items()
    assert done["email"] is None

    anonymous = ben.get(f"/contacts/{contact['id']}")
    kept = {n: anonymous[n] for n in ("first_name", "last_name", "email", "mobile", "birthdate")}
    assert kept == dict.fromkeys(kept) | {"last_name": "Erased"}
    assert ben.get(f"/accounts/{account['id']}")["secondary_email"] is None
    assert ben.get(f"/tickets/{ticket['id']}")["title"] == "Erased"
    assert ben.get(f"/sales-orders/{order['id']}")["contact_id"] == contact["id"]
    assert ben.get(f"/emails/{letter['id']}")["body_text"] is None
    assert ben.get(f"/emails/{circular['id']}")["to"] == ["x@example.com"]
    assert ben.get(f"/emails/{circular['id']}")["subject"] == "To all"
    history = ben.get(f"/contacts/{contact['id']}/history")["items"]
    assert [write["fact"] for write in history] == ["erased", "commented", "changed", "created"]
    assert tag not in json.dumps(history)
    eventually(lambda: ben.get(f"/search?q={tag}")["items"], [], within=PATIENCE)
    for verdict in admin.get("/audit/verify")["items"]:
        assert verdict["bad"] is None
    assert tag not in json.dumps(admin.get("/audit?limit=200"))
