"""Quotes: totals to the cent, stages in one direction, and what an accepted one becomes."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.service.sales.conftest import CHAI, CHANG, line

VAT, SALES, SERVICE = (
    {"name": "VAT", "rate": "4.5"},
    {"name": "Sales", "rate": "10"},
    {"name": "Service", "rate": "12.5"},
)
HANDLING = {"name": "Shipping & Handling", "value": "20", "taxes": [VAT, SALES, SERVICE]}


@pytest.fixture
def make_quote(boss, account):
    def make(**values):
        body = {
            "subject": "Tea",
            "account_id": account["id"],
            "lines": [
                line(CHAI, "3", "100", discount_percent="10"),
                line(CHANG, "2", "50", discount_amount="5.00"),
            ],
        }
        return boss.create("quotes", **body | values)

    return make


@pytest.fixture
def accepted(boss, make_quote):
    def make(**values):
        return boss("POST", f"/quotes/{make_quote(**values)['id']}/accept")

    return make


def _figures(document, *names):
    return {name: document[name] for name in names}


def test_group_taxes_add_up_to_the_first_vector(make_quote):
    quote = make_quote(
        discount_percent="10", taxes=[VAT, SALES, SERVICE], charges=[HANDLING], tax_type="group"
    )
    expected = {
        "sub_total": "365.00",
        "discount_total": "36.50",
        "charges_total": "20.00",
        "charge_taxes": "5.40",
        "pre_tax_total": "348.50",
        "tax_total": "88.69",
        "total": "442.59",
        "currency": "USD",
    }
    assert _figures(quote, *expected) == expected
    assert [held["line_net"] for held in quote["lines"]] == ["270.00", "95.00"]


def test_individual_taxes_add_up_to_the_second_vector(make_quote):
    taxes = [VAT, SALES, SERVICE]
    quote = make_quote(
        discount_percent="10",
        charges=[HANDLING],
        tax_type="individual",
        lines=[
            line(CHAI, "3", "100", discount_percent="10", taxes=taxes),
            line(CHANG, "2", "50", discount_amount="5.00", taxes=taxes),
        ],
    )
    assert [held["tax_total"] for held in quote["lines"]] == ["72.90", "25.66"]
    expected = {
        "sub_total": "463.56",
        "discount_total": "46.36",
        "pre_tax_total": "338.64",
        "total": "442.60",
    }
    assert _figures(quote, *expected) == expected


def test_yen_have_no_decimals(make_quote):
    quote = make_quote(currency="JPY", lines=[line(CHAI, "3", "33.5")])
    assert _figures(quote, "total", "conversion_rate") == {
        "total": "101",
        "conversion_rate": "150.5",
    }


def test_totals_are_nobodys_to_send(boss, make_quote):
    body = {"subject": "Tea", "total": "1", "lines": []}
    assert ("/total", "read_only") in boss.invalid("POST", "/quotes", body)
    assert boss.invalid("PATCH", f"/quotes/{make_quote()['id']}", {"stage": "Accepted"}) == [
        ("/stage", "read_only")
    ]


def test_a_quote_is_for_somebody(boss):
    assert boss.invalid("POST", "/quotes", {"subject": "Tea"}) == [("/account_id", "required")]


def test_stages_move_from_left_to_right(boss, make_quote):
    quote = make_quote()
    path = f"/quotes/{quote['id']}"
    assert boss("POST", f"{path}/review")["stage"] == "Reviewed"
    assert boss.refused("POST", f"{path}/deliver") == "quote_stage_passed"
    assert boss.refused("POST", f"{path}/review") == "quote_stage_passed"
    assert boss("POST", f"{path}/reject")["stage"] == "Rejected"
    for verb in ("deliver", "review", "accept", "reject"):
        assert boss.refused("POST", f"{path}/{verb}") == "quote_closed"
    assert boss("PATCH", path, {"subject": "x"}, status=409)["code"] == "quote_closed"
    history = boss.get(f"{path}/history")["items"]
    assert [item["fact"] for item in history] == ["rejected", "reviewed", "created"]
    assert {"field": "stage", "old": "Reviewed", "new": "Rejected"} in history[0]["changes"]


def test_a_changed_offer_is_a_new_revision(boss, make_quote):
    quote = make_quote()
    path = f"/quotes/{quote['id']}"
    assert boss("PATCH", path, {"terms": "30 days"})["revision"] == 1
    boss("POST", f"{path}/deliver")
    same = boss("PATCH", path, {"description": "for the file"})
    assert _figures(same, "revision", "stage") == {"revision": 1, "stage": "Delivered"}
    lines = [line(CHAI, "4", "100")]
    changed = boss("PATCH", path, {"lines": lines})
    assert _figures(changed, "revision", "stage") == {"revision": 2, "stage": "Created"}
    # The same total for other goods, and the same goods for longer, are other offers too.
    for number, change in enumerate(
        ({"lines": [line(CHANG, "4", "100")]}, {"valid_till": "2030-01-31"}), start=3
    ):
        assert boss("POST", f"{path}/deliver")["stage"] == "Delivered"
        changed = boss("PATCH", path, change)
        assert _figures(changed, "revision", "stage") == {"revision": number, "stage": "Created"}


def test_an_offer_stands_until_its_last_day(boss, make_quote):
    today = datetime.now(UTC).date()
    late = make_quote(valid_till=str(today - timedelta(days=1)))
    assert boss.refused("POST", f"/quotes/{late['id']}/accept") == "quote_expired"
    assert boss("POST", f"/quotes/{late['id']}/reject")["stage"] == "Rejected"
    # A day ahead, so that midnight may pass between the two lines.
    still = make_quote(valid_till=str(today + timedelta(days=1)))
    assert boss("POST", f"/quotes/{still['id']}/accept")["stage"] == "Accepted"


def test_an_accepted_quote_becomes_one_order(boss, accepted):
    quote = accepted(
        discount_percent="10",
        taxes=[VAT, SALES, SERVICE],
        charges=[HANDLING],
        carrier="DHL",
        terms="30 days",
        billing_city="Oslo",
        shipping_city="Bergen",
    )
    path = f"/quotes/{quote['id']}/to-order"
    order = boss("POST", path, status=201)
    copied = ("subject", "account_id", "carrier", "terms", "billing_city", "shipping_city")
    copied += ("taxes", "charges", "discount_percent", "total", "owner_id", "currency")
    assert _figures(order, *copied) == _figures(quote, *copied)
    assert _figures(order, "quote_id", "status") == {"quote_id": quote["id"], "status": "Created"}
    assert order["total"] == "442.59"
    typed = ("product_id", "quantity", "list_price", "discount_percent", "discount_amount")
    assert [_figures(held, *typed) for held in order["lines"]] == [
        _figures(held, *typed) for held in quote["lines"]
    ]
    assert {held["id"] for held in order["lines"]}.isdisjoint(held["id"] for held in quote["lines"])
    again = boss("POST", path, status=409)
    assert (again["code"], again["sales_order_id"]) == ("quote_already_ordered", order["id"])
    assert boss.refused("POST", f"/quotes/{quote['id']}/to-invoice") == "quote_already_ordered"
    boss("POST", f"/sales-orders/{order['id']}/cancel")
    assert boss("POST", path, status=201)["number"] != order["number"]


def test_an_accepted_quote_becomes_one_invoice(boss, accepted):
    quote = accepted()
    path = f"/quotes/{quote['id']}/to-invoice"
    invoice = boss("POST", path, status=201)
    assert _figures(invoice, "total", "balance", "quote_id", "sales_order_id", "status") == {
        "total": "365.00",
        "balance": "365.00",
        "quote_id": quote["id"],
        "sales_order_id": None,
        "status": "Created",
    }
    assert boss.refused("POST", path) == "quote_already_invoiced"
    assert boss.refused("POST", f"/quotes/{quote['id']}/to-order") == "quote_already_invoiced"
    boss("POST", f"/invoices/{invoice['id']}/cancel")
    boss("POST", f"/quotes/{quote['id']}/to-order", status=201)


def test_only_an_accepted_quote_becomes_anything(boss, make_quote):
    path = f"/quotes/{make_quote()['id']}"
    assert boss.refused("POST", f"{path}/to-order") == "quote_not_accepted"
    assert boss.refused("POST", f"{path}/to-invoice") == "quote_not_accepted"


def test_a_quote_without_account_is_not_ordered(boss, accepted):
    contact = boss.create("contacts", last_name="Doe")
    quote = accepted(account_id=None, contact_id=contact["id"])
    path = f"/quotes/{quote['id']}/to-order"
    assert boss.invalid("POST", path) == [("/account_id", "required")]
