"""What sales gives out of a person, what it erases, and what it must keep."""

import json
import uuid

import pytest

from crmkit.bus import envelope, parked
from crmkit.bus.transport import Delivery, Message
from tests.service.sales.conftest import CHAI, line
from tests.service.served import BOSS, event, record

TRACES = (
    "SELECT changes::text FROM history",
    "SELECT body FROM comment",
    "SELECT body FROM comment_version",
    "SELECT convert_from(body, 'UTF8') FROM outbox WHERE sent_at IS NOT NULL",
    "SELECT parameters::text FROM job",
    "SELECT convert_from(body, 'UTF8') FROM idempotency_key",
    "SELECT convert_from(event, 'UTF8') FROM parked_event",
    "SELECT content FROM audit_personal",
    "SELECT key FROM external_id",
)


@pytest.fixture
def tag():
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def ask(sales):
    """Let identity ask; what sales answers, as it tells it."""
    request_id = str(uuid.uuid4())

    def hear(state, number, **person):
        about = {"email": None, "phone": None, "records": [], "spared": [], **person}
        told = record(
            "crm.identity.privacy_request.changed.v1",
            request_id,
            number,
            state=state,
            round=number,
            **about,
        )
        [verdict] = sales.hear("privacy", told)
        assert verdict == "applied"
        bodies = sales.sql("SELECT convert_from(body, 'UTF8') FROM outbox ORDER BY seq")
        events = [json.loads(body) for (body,) in bodies]
        return [each["data"] for each in events if each["subject"] == request_id]

    hear.id = request_id
    return hear


def items(answer):
    return {(item["entity"], item["action"]): item["count"] for item in answer["items"]}


def test_nothing_of_an_erased_person_is_left_and_others_are_untouched(sales, boss, ask, tag):
    address = f"{tag}@Example.com"
    names = {"first_name": tag, "last_name": tag, "email": address, "mobile": "0712345"}
    person = boss("PUT", f"/contacts/external/old/{tag}", names, status=201)
    lead = {"last_name": tag, "company": "Engines", "secondary_email": address.lower()}
    lead = boss("POST", "/leads", lead, status=201, Idempotency_Key=tag)
    other = boss.create("contacts", last_name="Babbage", email="cb@example.com", mobile="0712346")
    at = f"/contacts/{person['id']}"
    boss("PATCH", at, {"description": f"{tag} is shy"})
    said = boss("POST", f"{at}/comments", {"body": f"{tag} came by"}, status=201)
    boss("PATCH", f"{at}/comments/{said['id']}", {"body": f"{tag} rang"})
    boss.ask("POST", "/contacts/export", {"filter": {"field": "email", "value": address}})
    account = boss.create(
        "accounts", name=f"Engines {uuid.uuid4()}", email=address, phone="0712 345"
    )
    order = {"subject": "Tea", "account_id": account["id"], "contact_id": person["id"]}
    invoice = boss.create("invoices", lines=[line(CHAI, "1", "9")], **order)
    told = event("crm.elsewhere.thing.created.v1", str(uuid.uuid4()), email=address)
    with sales.database.transaction() as session:
        message = Message(told.id, told.type, envelope.to_json(told))
        parked.park(session, "people", Delivery(message), f"ValueError: {address.lower()}")
    sales.sql("UPDATE outbox SET sent_at = now()")

    [found] = ask("finding", 1, email=address, phone="071-2345")
    people = sorted(one["id"] for one in found["people"])
    assert people == sorted([person["id"], lead["id"]])
    one_each = {(name, "anonymised"): 1 for name in ("lead", "contact", "account")}
    assert items(found) == one_each
    assert boss.get(at)["first_name"] == tag

    known = {"records": found["people"], "email": address, "phone": "0712345"}
    [_, preview] = ask("finding", 2, **known)
    assert items(preview)["invoice", "kept"] == 1
    [*_, done] = ask("erasing", 3, **known)
    assert items(done).items() >= items(preview).items()
    [kept] = [item for item in done["items"] if item["entity"] == "invoice"]
    assert kept["why"].startswith("Commercial and tax law")

    gone = boss.get(at)
    names = ("first_name", "last_name", "email", "mobile", "description")
    assert [gone[name] for name in names] == [None, "Erased", None, None, None]
    assert boss.get(f"/invoices/{invoice['id']}")["contact_id"] == person["id"]
    held = boss.get(f"/accounts/{account['id']}")
    assert (held["email"], held["phone"], held["name"]) == (None, None, account["name"])
    assert boss.get(f"/contacts/{other['id']}") == other
    for trace in TRACES:
        assert tag not in str(sales.sql(trace)).lower(), trace
    [(state, decided_by)] = sales.sql(
        "SELECT state, decided_by FROM parked_event WHERE event_id = %s", told.id
    )
    assert (state, decided_by) == ("discarded", BOSS)
    verdict = boss.get("/audit/verify")
    assert (verdict["bad"], verdict["next_cursor"]) == (None, None)
    [*_, again] = ask("erasing", 4, **known)
    assert items(again)["contact", "anonymised"] == 1


def test_what_is_given_out_is_kept_for_its_administrators(sales, boss, ben, ask, tag):
    person = boss.create("contacts", last_name=tag, email=f"{tag}@example.com")
    spared = boss.create("contacts", last_name="Byron", email=f"{tag}@example.com")
    about = {"email": f"{tag}@example.com", "spared": [spared["id"]]}
    [answer] = ask("gathering", 1, **about)
    assert items(answer) == {("contact", "exported"): 1}
    path = f"/person-data/{ask.id}"
    [given] = boss.get(path)["records"]
    assert (given["id"], given["values"]["last_name"]) == (person["id"], tag)
    ben.get(path, status=403)
    boss.get(f"/person-data/{uuid.uuid4()}", status=404)
    acts = [row["act"] for row in boss.get(f"/audit?subject_id={ask.id}")["items"]]
    assert acts == ["person.handed_over", "person.exported"]
    assert len(ask("gathering", 1, **about)) == 1
