"""Accounts, contacts and opportunities: trees without circles, chances by stage, safe deletes."""

import uuid

import pytest

from tests.service.sales.conftest import CHAI, line


@pytest.fixture
def make_opportunity(boss):
    def make(**values):
        body = {"name": "Tea", "closing_date": "2030-01-31"}
        return boss.create("opportunities", **body | values)

    return make


def _chance(opportunity):
    names = ("stage_class", "probability", "forecast_amount")
    return tuple(opportunity[name] for name in names)


def test_each_stage_brings_its_chance(boss, make_opportunity):
    opportunity = make_opportunity(amount="1000")
    path = f"/opportunities/{opportunity['id']}"
    chances = [_chance(opportunity)]
    stages = ("Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers")
    stages += ("Perception Analysis", "Proposal/Price Quote", "Negotiation/Review")
    stages += ("Closed Won", "Closed Lost")
    chances += [_chance(boss("PATCH", path, {"stage": stage})) for stage in stages]
    assert chances == [
        ("open", "10", "100.00"),
        ("open", "20", "200.00"),
        ("open", "25", "250.00"),
        ("open", "50", "500.00"),
        ("open", "60", "600.00"),
        ("open", "70", "700.00"),
        ("open", "75", "750.00"),
        ("open", "90", "900.00"),
        ("won", "100", "1000.00"),
        ("lost", "0", "0.00"),
    ]
    changes = [item["changes"] for item in boss.get(f"{path}/history")["items"]]
    assert {"field": "stage", "old": "Closed Won", "new": "Closed Lost"} in changes[0]
    assert {"field": "forecast_amount", "old": "900.00", "new": "1000.00"} in changes[1]


def test_a_chance_that_is_given_stands_until_the_stage_moves(boss, make_opportunity):
    opportunity = make_opportunity(amount="99.99", probability="33.3")
    path = f"/opportunities/{opportunity['id']}"
    assert _chance(opportunity) == ("open", "33.3", "33.30")
    assert _chance(boss("PATCH", path, {"amount": "10.001"})) == ("open", "33.3", "3.330")
    given = boss("PATCH", path, {"stage": "Qualification", "probability": "45"})
    assert _chance(given) == ("open", "45", "4.500")
    moved = boss("PATCH", path, {"stage": "Needs Analysis", "amount": "0.50"})
    assert _chance(moved) == ("open", "25", "0.13")
    won = boss("PATCH", path, {"stage": "Closed Won", "probability": "50"})
    assert _chance(won) == ("won", "100", "0.50")
    assert boss("PATCH", path, {"amount": None})["forecast_amount"] is None


@pytest.mark.parametrize(
    ("plural", "called", "parent"),
    [
        ("accounts", "name", "member_of_id"),
        ("contacts", "last_name", "reports_to_id"),
    ],
)
def test_trees_have_no_circles(boss, plural, called, parent):
    top, middle, bottom = (boss.create(plural, **{called: str(uuid.uuid4())}) for _ in range(3))
    boss("PATCH", f"/{plural}/{middle['id']}", {parent: top["id"]})
    boss("PATCH", f"/{plural}/{bottom['id']}", {parent: middle["id"]})
    for below in (top, middle, bottom):
        refused = boss.invalid("PATCH", f"/{plural}/{top['id']}", {parent: below["id"]})
        assert refused == [(f"/{parent}", "circle")]
    assert boss.get(f"/{plural}/{top['id']}")[parent] is None
    boss("PATCH", f"/{plural}/{bottom['id']}", {parent: top["id"]})
    boss("PATCH", f"/{plural}/{middle['id']}", {parent: bottom["id"]})


def test_support_does_not_end_before_it_starts(boss):
    body = {"last_name": "Doe", "support_start_date": "2030-02-01"}
    assert boss.invalid("POST", "/contacts", body | {"support_end_date": "2030-01-31"}) == [
        ("/support_end_date", "before_start")
    ]
    boss.create("contacts", **body, support_end_date="2030-02-01")


def test_what_others_point_at_is_not_deleted(boss, account):
    contact = boss.create("contacts", last_name="Doe", account_id=account["id"])
    opportunity = boss.create(
        "opportunities", name="Tea", closing_date="2030-01-31", contact_id=contact["id"]
    )
    lead = boss.create("leads", last_name="Doe", company="Acme")
    quote = boss.create(
        "quotes",
        subject="Tea",
        account_id=account["id"],
        lead_id=lead["id"],
        opportunity_id=opportunity["id"],
        lines=[line(CHAI, "1", "9")],
    )
    boss("POST", f"/quotes/{quote['id']}/accept")
    order = boss("POST", f"/quotes/{quote['id']}/to-order", status=201)
    used_by = {
        f"/accounts/{account['id']}": ["quote", "sales_order"],
        f"/opportunities/{opportunity['id']}": ["quote", "sales_order"],
        f"/leads/{lead['id']}": ["quote"],
        f"/quotes/{quote['id']}": ["sales_order"],
    }
    for path, users in used_by.items():
        refusal = boss("DELETE", path, status=409)
        assert (refusal["code"], refusal["used_by"]) == ("record_in_use", users)
    for path in (f"/sales-orders/{order['id']}", *reversed(used_by)):
        boss("DELETE", path, status=204)
    restored = boss("POST", f"/sales-orders/{order['id']}/restore")
    assert restored["lines"] == order["lines"]


def test_no_two_accounts_have_one_name_unless_administrators_allow_it(boss, account):
    again = {"name": f" {account['name'].upper()} "}
    refusal = boss("POST", "/accounts", again, status=409)
    assert (refusal["code"], refusal["duplicates"]) == (
        "duplicate",
        [{"id": account["id"], "number": account["number"], "label": account["name"]}],
    )
    rule = boss.get("/meta/account/duplicates")
    assert rule == {"active": True, "sets": [["name"]], "on_conflict": "refuse"}
    boss("PUT", "/meta/account/duplicates", rule | {"active": False})
    boss.create("accounts", **again)
    boss("PUT", "/meta/account/duplicates", rule)


def test_people_are_parted_from_a_deleted_account_and_find_it_again(boss, account):
    contact = boss.create("contacts", last_name="Doe", account_id=account["id"])
    member = boss.create("accounts", name=f"{account['name']} East", member_of_id=account["id"])
    opportunity = boss.create(
        "opportunities", name="Tea", closing_date="2030-01-31", account_id=account["id"]
    )
    linked = (
        (f"/contacts/{contact['id']}", "account_id"),
        (f"/accounts/{member['id']}", "member_of_id"),
        (f"/opportunities/{opportunity['id']}", "account_id"),
    )
    boss("DELETE", f"/accounts/{account['id']}", status=204)
    assert [boss.get(path)[name] for path, name in linked] == [None] * 3
    boss("POST", f"/accounts/{account['id']}/restore")
    assert [boss.get(path)[name] for path, name in linked] == [account["id"]] * 3


def test_people_see_their_own_and_what_is_below_them(anna, ben, boss):
    account = ben.create("accounts", name="Ben's")
    assert anna.get(f"/accounts/{account['id']}") == account
    hers = anna.create("accounts", name="Anna's")
    ben("GET", f"/accounts/{hers['id']}", status=404)
    assert ben.invalid("POST", "/contacts", {"last_name": "Doe", "account_id": hers["id"]}) == [
        ("/account_id", "dangling_link")
    ]
    found = boss.get("/search?q=ben")["items"]
    assert account["id"] in [hit["id"] for hit in found]


def test_numbers_carry_the_words_of_vtiger(boss, account, make_order, make_opportunity):
    order = make_order()
    quote = boss.create("quotes", subject="Tea", account_id=account["id"])
    contact = boss.create("contacts", last_name="Doe")
    lead = boss.create("leads", last_name="Doe", company="Acme")
    invoice = boss("POST", f"/sales-orders/{order['id']}/invoice", status=201)
    records = (lead, account, contact, make_opportunity(), quote, order, invoice)
    prefixes = [record["number"].rstrip("0123456789") for record in records]
    assert prefixes == ["LEA", "ACC", "CON", "POT", "QUO", "SO", "INV"]
    assert boss.get(f"/leads/{lead['number']}") == lead
