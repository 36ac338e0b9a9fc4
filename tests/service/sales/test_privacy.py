"""What sales gives out of a person, what it erases, and what it must keep."""

import json
import uuid

import pytest

from crmkit.bus import envelope, parked
from crmkit.bus.transport import Delivery, Message
from crmkit.priced import ADDRESS
from tests.kit.importing.importer import Importer
from tests.service.sales.conftest import CHAI, line
from tests.service.served import BEN, BOSS, event, record

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
    "SELECT name, filter::text FROM saved_view",
    "SELECT name, plan::text FROM import_mapping",
    "SELECT name, found::text, plan::text FROM record_import",
    "SELECT name FROM kept_file",
    "SELECT convert_from(data, 'UTF8') FROM kept_part",
    "SELECT problem::text, undo::text FROM job_row",
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


@pytest.fixture
def park(sales):
    """Park an event that says this, for this reason; its id."""

    def keep(said, reason=""):
        told = event("crm.elsewhere.thing.created.v1", str(uuid.uuid4()), said=said)
        message = Message(told.id, told.type, envelope.to_json(told))
        with sales.database.transaction() as session:
            parked.park(session, "people", Delivery(message), reason)
        return told.id

    return keep


def items(answer):
    return {(item["entity"], item["action"]): item["count"] for item in answer["items"]}


def test_nothing_of_an_erased_person_is_left_and_others_are_untouched(sales, boss, ask, park, tag):
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
    kept = {"billing_street": "1 St James's Square", "shipping_city": "London"}
    lines = [line(CHAI, "1", "9")]
    said_of = {"description": f"{tag} pays late"}
    invoice = boss.create("invoices", lines=lines, **order, **kept, **said_of)
    parked_id = park(f"Hello,\n{address}", f"ValueError: {address.lower()}")
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
    fates = [item for item in done["items"] if item["entity"] == "invoice"]
    assert [(fate["action"], fate["fields"]) for fate in fates] == [
        ("kept", sorted(f"billing_{part}" for part in ADDRESS)),
        ("kept", sorted(f"shipping_{part}" for part in ADDRESS)),
        ("anonymised", ["description"]),
    ]
    assert [law for fate in fates[:2] if (law := fate["why"][:22])] == [
        "Commercial and tax law"
    ] * 2
    left = boss.get(f"/invoices/{invoice['id']}")
    assert {name: left[name] for name in (*kept, *said_of)} == {**kept, "description": None}
    assert left["total"] == invoice["total"]

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
        "SELECT state, decided_by FROM parked_event WHERE event_id = %s", parked_id
    )
    assert (state, decided_by) == ("discarded", BOSS)
    verdict = boss.get("/audit/verify")
    assert (verdict["bad"], verdict["next_cursor"]) == (None, None)
    [*_, again] = ask("erasing", 4, **known)
    assert items(again)["contact", "anonymised"] == 1


def test_an_address_within_another_is_somebody_elses(sales, boss, ask, park, tag):
    address, longer, further = f"{tag}@b.com", f"x.{tag}@b.com", f"{tag}@b.com.au"
    others = [boss.create("contacts", last_name="Long", email=each) for each in (longer, further)]
    account = boss.create("accounts", name=tag, email=longer, phone="90712345")
    at = f"/accounts/{account['id']}"
    boss("PATCH", at, {"email": address.upper(), "phone": "0712-345"})
    boss("PATCH", at, {"email": further, "phone": "90712346", "secondary_email": address})
    wish = {"last_name": "Long", "company": "x", "email": longer}
    lead = boss("POST", "/leads", wish, status=201, Idempotency_Key=tag)
    parked_ids = [park(f"Hello {each}!") for each in (longer, further, address)]

    ask("erasing", 1, email=address, phone="0712345")
    held = boss.get(at)
    named = (held["email"], held["phone"], held["secondary_email"])
    assert named == (further, "90712346", None)
    writes = boss.get(f"{at}/history")["items"]
    told = [{c["field"]: (c["old"], c["new"]) for c in w["changes"]} for w in writes]
    assert [each.get("email") for each in told] == [
        None,
        (None, None),
        (None, None),
        (None, longer),
    ]
    assert told[-1]["phone"] == (None, "90712345")
    for other in others:
        assert boss.get(f"/contacts/{other['id']}") == other
    again = boss("POST", "/leads", wish, status=201, Idempotency_Key=tag)
    assert again["id"] == lead["id"]
    waiting = {one["event"].get("id") for one in boss.get("/parked-events?limit=200")["items"]}
    assert [each in waiting for each in parked_ids] == [True, True, False]


def test_what_an_active_user_owns_and_did_is_left_alone(boss, ben, ask, park, tag):
    account = ben.create("accounts", name=tag)
    mine = {"account_id": account["id"], "closing_date": "2030-01-01", "stage": "Prospecting"}
    sale = ben.create("opportunities", name=tag, description="Bikes", **mine)
    parked_id = park(f"by {BEN}")
    ask("erasing", 1, records=[{"entity": "user", "id": BEN}])
    assert ben.get(f"/opportunities/{sale['id']}") == sale
    waiting = {one["event"].get("id") for one in boss.get("/parked-events?limit=200")["items"]}
    assert parked_id in waiting


def test_what_was_sent_to_be_imported_and_saved_forgets_too(sales, boss, ask, tag):
    address, other = f"{tag}@b.com", f"x.{tag}@b.com"
    importer = Importer(boss, "contacts")
    person = boss.create("contacts", last_name=tag, email=address, description="old")
    sent = importer.send(
        f"Last name,E-mail,Mobile,Description\n,,,of {address}\n{tag},{address},,{tag} is new\n"
        f"Byron,{other},0712-3456,\n,,0712 345,\n",
        name=f"of {address}, new.csv",
    )
    plan = {**sent["proposal"], "match": ["email"], "on_match": "overwrite"}
    started = importer.start("run", sent, plan)
    sales.work("import")
    run = importer.ended(started)
    assert run["result"] == {"refused": 2, "changed": 1, "created": 1}
    boss(
        "PUT",
        f"/contacts/imports/mappings/{tag}",
        {**plan, "defaults": {"secondary_email": address}},
    )
    views = [
        boss.create("contacts/views", name=f"Of {n}", columns=["number"], filter=filtered)
        for n, filtered in enumerate(
            {"field": "email", "value": each} for each in (address.upper(), other)
        )
    ]
    boss("PUT", "/contacts/views/default", {"view": views[0]["id"]})

    [answer] = ask("erasing", 1, email=address, phone="0712345")
    done = items(answer)
    told = {name: done[name, "erased"] for name in ("import_row", "import_mapping", "saved_view")}
    assert told == {"import_row": 3, "import_mapping": 1, "saved_view": 1}
    for trace in TRACES:
        assert address not in str(sales.sql(trace)).lower().replace(other, ""), trace
    [mapping] = boss.get("/contacts/imports/mappings")["items"]
    assert mapping["plan"]["defaults"] == {"secondary_email": "Erased"}
    held = boss.get(f"/contacts/imports/{sent['id']}")
    assert held["preview"] == [[""] * 4, [""] * 4, ["Byron", other, "0712-3456", ""], [""] * 4]
    assert held["name"] == "Erased"
    assert tag not in importer.refused(sent).text
    assert [row["problem"]["code"] for row in importer.rows(run) if row["problem"]] == [
        "erased"
    ] * 2
    started = importer.start("undo", sent)
    sales.work("import_undo")
    assert importer.ended(started)["result"] == {"done": 2}
    gone = boss.get(f"/contacts/{person['id']}")
    assert (gone["last_name"], gone["description"]) == ("Erased", None)
    left = boss.get("/contacts/views")
    assert {view["id"] for view in left["items"]} & {view["id"] for view in views} == {
        views[1]["id"]
    }
    assert left["default"] != views[0]["id"]


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
