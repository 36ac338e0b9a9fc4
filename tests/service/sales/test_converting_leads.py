"""A lead becomes an account, a contact and an opportunity, all together or not at all."""

import uuid
from datetime import date, timedelta

import pytest

from tests.service.sales.conftest import CHAI, line
from tests.service.served import BEN


@pytest.fixture
def make_lead(boss):
    def make(**values):
        body = {"last_name": "Doe", "company": f"Company {uuid.uuid4()}"}
        return boss.create("leads", **body | values)

    return make


def test_everything_of_the_lead_arrives_where_the_map_says(boss, make_lead):
    lead = make_lead(
        salutation="Dr.",
        first_name="Jane",
        designation="Head of tea",
        phone="+1 555 0100",
        mobile="+1 555 0101",
        fax="+1 555 0102",
        email="jane@example.com",
        secondary_email="doe@example.com",
        website="https://example.com",
        lead_source="Trade Show",
        rating="Active",
        industry="Food & Beverage",
        annual_revenue="1000000.50",
        employees=12,
        street="1 Harbour Road",
        po_box="77",
        city="Oslo",
        state="Oslo",
        code="0150",
        country="Norway",
        description="Wants tea.",
    )
    converted = boss(
        "POST",
        f"/leads/{lead['id']}/convert",
        {"opportunity": {"amount": "333.33", "closing_date": "2030-01-31", "stage": "Prospecting"}},
    )

    account = boss.get(f"/accounts/{converted['account_id']}")
    address = {
        "street": "1 Harbour Road",
        "po_box": "77",
        "city": "Oslo",
        "state": "Oslo",
        "code": "0150",
        "country": "Norway",
    }
    expected = {
        "name": lead["company"],
        "phone": "+1 555 0100",
        "fax": "+1 555 0102",
        "email": "jane@example.com",
        "website": "https://example.com",
        "rating": "Active",
        "industry": "Food & Beverage",
        "annual_revenue": "1000000.50",
        "employees": 12,
        "description": "Wants tea.",
        "is_converted_from_lead": True,
        "owner_id": lead["owner_id"],
        "source": "CRM",
    }
    expected |= {f"billing_{name}": value for name, value in address.items()}
    expected |= {f"shipping_{name}": value for name, value in address.items()}
    assert {name: account[name] for name in expected} == expected

    contact = boss.get(f"/contacts/{converted['contact_id']}")
    expected = {
        "salutation": "Dr.",
        "first_name": "Jane",
        "last_name": "Doe",
        "title": "Head of tea",
        "phone": "+1 555 0100",
        "mobile": "+1 555 0101",
        "fax": "+1 555 0102",
        "email": "jane@example.com",
        "secondary_email": "doe@example.com",
        "lead_source": "Trade Show",
        "description": "Wants tea.",
        "account_id": account["id"],
        "is_converted_from_lead": True,
    }
    expected |= {f"mailing_{name}": value for name, value in address.items()}
    assert {name: contact[name] for name in expected} == expected

    opportunity = boss.get(f"/opportunities/{converted['opportunity_id']}")
    expected = {
        "name": lead["company"],
        "amount": "333.33",
        "closing_date": "2030-01-31",
        "stage": "Prospecting",
        "probability": "10",
        "forecast_amount": "33.33",
        "lead_source": "Trade Show",
        "description": "Wants tea.",
        "account_id": account["id"],
        "contact_id": contact["id"],
        "is_converted_from_lead": True,
    }
    assert {name: opportunity[name] for name in expected} == expected

    after = boss.get(f"/leads/{lead['id']}")
    assert after["converted"] is True
    assert after["converted_at"] is not None
    assert converted == {
        "lead_id": lead["id"],
        "account_id": after["account_id"],
        "account_created": True,
        "contact_id": after["contact_id"],
        "opportunity_id": after["opportunity_id"],
        "transferred_to": "contact",
    }


def test_an_empty_body_makes_all_three(boss, make_lead):
    lead = make_lead()
    converted = boss("POST", f"/leads/{lead['id']}/convert")
    opportunity = boss.get(f"/opportunities/{converted['opportunity_id']}")
    expected = date.fromisoformat(lead["created_at"][:10]) + timedelta(days=30)
    assert opportunity["closing_date"] in {str(expected), str(expected + timedelta(days=1))}
    assert opportunity["amount"] is None
    assert opportunity["forecast_amount"] is None


def test_the_account_of_the_same_name_is_reused_and_left_alone(boss, make_lead):
    company = f"Acme {uuid.uuid4()}"
    known = boss.create("accounts", name=company.upper(), phone="+1 1")
    converted = boss("POST", f"/leads/{make_lead(company=company, phone='+2 2')['id']}/convert")
    assert converted["account_id"] == known["id"]
    assert converted["account_created"] is False
    assert boss.get(f"/accounts/{known['id']}") == known


def test_an_account_in_the_bin_or_unseen_is_not_reused(boss, ben, make_lead):
    company = f"Acme {uuid.uuid4()}"
    gone = boss.create("accounts", name=company)
    boss("DELETE", f"/accounts/{gone['id']}", status=204)
    converted = boss("POST", f"/leads/{make_lead(company=company)['id']}/convert")
    assert converted["account_created"] is True
    lead = ben.create("leads", last_name="Doe", company=company)
    refusal = ben("POST", f"/leads/{lead['id']}/convert", status=409)
    assert (refusal["code"], refusal["duplicates"]) == ("duplicate", [])
    alone = ben("POST", f"/leads/{lead['id']}/convert", {"account": False})
    assert alone["account_id"] is None


def test_a_second_conversion_is_refused_and_makes_nothing(boss, make_lead):
    lead = make_lead()
    boss("POST", f"/leads/{lead['id']}/convert")
    before = boss.get("/contacts?limit=1&count=exact")["count"]
    assert boss.refused("POST", f"/leads/{lead['id']}/convert") == "lead_already_converted"
    assert boss.get("/contacts?limit=1&count=exact")["count"] == before
    refusal = boss("PATCH", f"/leads/{lead['id']}", {"phone": "+1"}, status=409)
    assert refusal["code"] == "lead_already_converted"


def test_a_conversion_that_fails_leaves_nothing_behind(boss, make_lead):
    lead = make_lead()
    path = f"/leads/{lead['id']}/convert"
    nobody = str(uuid.uuid4())
    assert boss.invalid("POST", path, {"owner_id": nobody}) == [("/owner_id", "dangling_link")]
    assert boss.get(f"/leads/{lead['id']}") == lead
    assert boss.get(f"/accounts?filter[name]={lead['company']}")["items"] == []


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"account": False, "contact": False}, [("/account", "required")]),
        ({"contact": False, "transfer_to": "contact"}, [("/transfer_to", "unknown_value")]),
        ({"opportunity": {"amount": "-1"}}, [("/opportunity/amount", "greater_than_equal")]),
        ({"opportunity": {"stage": "Won"}}, [("/opportunity/stage", "unknown_value")]),
        ({"image": "x"}, [("/image", "unknown_field")]),
    ],
)
def test_bad_wishes_are_named(boss, make_lead, body, errors):
    assert boss.invalid("POST", f"/leads/{make_lead()['id']}/convert", body) == errors


def test_only_what_is_wanted_is_made(boss, make_lead):
    lead = make_lead()
    body = {"contact": False, "opportunity": None}
    converted = boss("POST", f"/leads/{lead['id']}/convert", body)
    assert converted["contact_id"] is None
    assert converted["opportunity_id"] is None
    assert converted["transferred_to"] == "account"
    alone = boss("POST", f"/leads/{make_lead()['id']}/convert", {"account": False})
    assert alone["account_id"] is None
    assert boss.get(f"/contacts/{alone['contact_id']}")["account_id"] is None


def test_the_new_owner_gets_all_of_it(boss, ben, make_lead):
    converted = boss("POST", f"/leads/{make_lead()['id']}/convert", {"owner_id": BEN})
    for plural, name in (
        ("accounts", "account_id"),
        ("contacts", "contact_id"),
        ("opportunities", "opportunity_id"),
    ):
        assert ben.get(f"/{plural}/{converted[name]}")["owner_id"] == BEN


def test_quotes_move_to_what_the_lead_became(boss, make_lead):
    lead = make_lead()
    quote = boss.create("quotes", subject="Tea", lead_id=lead["id"], lines=[line(CHAI, "1", "18")])
    converted = boss("POST", f"/leads/{lead['id']}/convert")
    moved = boss.get(f"/quotes/{quote['id']}")
    assert moved["lead_id"] is None
    assert moved["account_id"] == converted["account_id"]
    assert moved["contact_id"] == converted["contact_id"]
    assert moved["opportunity_id"] == converted["opportunity_id"]
    assert moved["lines"] == quote["lines"]
    assert moved["version"] == 2


@pytest.mark.parametrize("target", ["contact", "account"])
def test_what_hung_on_the_lead_hangs_on_what_takes_over(sales, boss, ben, make_lead, target):
    lead = make_lead(owner_id=BEN)
    at = f"/leads/{lead['id']}"
    ben("PUT", f"{at}/tags/mine", status=204)
    boss("PUT", f"{at}/tags/ours", {"visibility": "shared"}, status=204)
    asked = boss("POST", f"{at}/comments", {"body": "Tea?"}, status=201)
    boss("POST", f"{at}/comments", {"body": "Yes", "parent_id": asked["id"]}, status=201)
    ben("PUT", f"{at}/follow", status=204)
    boss("PUT", f"/related/product/{CHAI}/leads/{lead['id']}", status=204)
    converted = boss("POST", f"{at}/convert", {"transfer_to": target})

    def hanging(path):
        tags = {tag["name"]: tag["visibility"] for tag in ben.get(f"{path}/tags")["items"]}
        said = [comment["body"] for comment in ben.get(f"{path}/comments")["items"]]
        return tags, said, path.split("/")[2] in {i["id"] for i in ben.get("/followed")["items"]}

    def linked(plural):
        items = boss.get(f"/related/product/{CHAI}/{plural}?limit=200")["items"]
        return [item["id"] for item in items if item["linked"]]

    taker = converted[f"{target}_id"]
    everything = {"mine": "private", "ours": "shared"}, ["Yes", "Tea?"], True
    assert hanging(f"/{target}s/{taker}") == everything
    assert hanging(at) == ({}, [], False)
    assert taker in linked(f"{target}s")
    facts = [told.split(".")[3] for told in sales.told(lead["id"])]
    hung = ["tagged", "commented", "commented", "linked"]
    assert facts == ["created", *hung, "converted", "unlinked"]
    cloud = sales.sql("SELECT DISTINCT entity FROM record_tag WHERE record_id = %s", taker)
    assert cloud == [(target,)]


def test_who_cannot_see_the_lead_cannot_convert_it(boss, anna, ben):
    lead = boss.create("leads", last_name="Doe", company="Acme")
    assert ben("POST", f"/leads/{lead['id']}/convert", {}, status=404)["code"] == "not_found"
    mine = ben.create("leads", last_name="Doe", company=f"Acme {uuid.uuid4()}")
    assert anna("POST", f"/leads/{mine['id']}/convert")["account_created"] is True


def test_the_conversion_is_told_once(sales, boss, make_lead):
    lead = make_lead()
    converted = boss("POST", f"/leads/{lead['id']}/convert")
    assert sales.told(lead["id"]) == [
        "crm.sales.lead.created.v1",
        "crm.sales.lead.converted.v1",
    ]
    handed = boss.get(f"/leads/{lead['id']}")
    assert handed["contact_id"] == converted["contact_id"]
    assert handed["transferred_to"] == "contact"


def test_a_converted_lead_leaves_lists_and_search(boss, make_lead):
    word = f"w{uuid.uuid4().hex}"
    lead, other = make_lead(company=word), make_lead(company=word)
    boss("POST", f"/leads/{lead['id']}/convert")

    def listed(filters):
        return [found["id"] for found in boss.get(f"/leads?q={word}{filters}")["items"]]

    assert listed("") == [other["id"]]
    assert listed("&filter[converted]=true") == [lead["id"]]
    found = [hit["id"] for hit in boss.get(f"/search?q={word}")["items"]]
    assert other["id"] in found
    assert lead["id"] not in found
    assert boss.get(f"/leads/{lead['id']}")["company"] == word
