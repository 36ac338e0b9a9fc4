"""Invoices of orders, whole or in parts, and the payments for them."""

import pytest

from tests.service.sales.conftest import CHAI, CHANG, line

TAXES = [
    {"name": "VAT", "rate": "4.5"},
    {"name": "Sales", "rate": "10"},
    {"name": "Service", "rate": "12.5"},
]


@pytest.fixture
def invoice(boss, make_order):
    """Of 365.00."""
    order = make_order(
        line(CHAI, "3", "100", discount_percent="10"), line(CHANG, "2", "50", discount_amount="5")
    )
    return boss("POST", f"/sales-orders/{order['id']}/invoice", status=201)


def money(boss, invoice):
    held = boss.get(f"/invoices/{invoice['id']}")
    return held["status"], held["received"], held["balance"]


def test_an_order_is_invoiced_whole(boss, make_order):
    order = make_order(
        line(CHAI, "3", "100", discount_percent="10"),
        line(CHANG, "2", "50", discount_amount="5"),
        discount_percent="10",
        taxes=TAXES,
        charges=[{"name": "Freight", "value": "20", "taxes": TAXES}],
        due_date="2030-01-31",
        purchase_order="PO-7",
        customer_no="C-1",
    )
    path = f"/sales-orders/{order['id']}"
    invoice = boss("POST", f"{path}/invoice", {"invoice_date": "2030-01-01"}, status=201)
    expected = {
        "total": "442.59",
        "balance": "442.59",
        "received": "0",
        "status": "Created",
        "sales_order_id": order["id"],
        "invoice_date": "2030-01-01",
        "due_date": "2030-01-31",
        "purchase_order": "PO-7",
        "customer_no": "C-1",
        "account_id": order["account_id"],
    }
    assert {name: invoice[name] for name in expected} == expected
    assert [held["order_line_id"] for held in invoice["lines"]] == [
        held["id"] for held in order["lines"]
    ]
    assert [held["invoiced_quantity"] for held in boss.get(path)["lines"]] == ["3", "2"]
    assert boss.refused("POST", f"{path}/invoice") == "nothing_to_invoice"
    assert boss.refused("POST", f"{path}/cancel") == "order_invoiced"


def test_parts_add_up_to_what_was_agreed(boss, make_order):
    order = make_order(
        line(CHAI, "3", "10.01"),
        line(CHANG, "3", "5", discount_amount="1"),
        discount_amount="1",
        charges=[{"name": "Freight", "value": "10"}],
        adjustment="-0.10",
    )
    assert order["total"] == "52.93"
    first, second = (held["id"] for held in order["lines"])
    path = f"/sales-orders/{order['id']}/invoice"
    parts = [
        [{"line_id": first, "quantity": "1"}, {"line_id": second, "quantity": "1"}],
        [{"line_id": first, "quantity": "1"}, {"line_id": second, "quantity": "1"}],
        None,
    ]
    invoices = [boss("POST", path, {"lines": part}, status=201) for part in parts]
    # A third of each flat amount to the cent, and what is left of it on the last invoice.
    assert [held["charges"][0]["value"] for held in invoices] == ["3.33", "3.33", "3.34"]
    assert [held["adjustment"] for held in invoices] == ["-0.03", "-0.03", "-0.04"]
    assert [held["discount_amount"] for held in invoices] == ["0.33", "0.33", "0.34"]
    assert [held["lines"][1]["discount_amount"] for held in invoices] == ["0.33", "0.33", "0.34"]
    assert [held["total"] for held in invoices] == ["17.65", "17.65", "17.63"]


def test_no_more_is_invoiced_than_was_ordered(boss, make_order):
    order = make_order(line(CHAI, "3", "10"))
    asked = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "3.5"}]}
    assert boss.invalid("POST", f"/sales-orders/{order['id']}/invoice", asked) == [
        ("/lines/0/quantity", "more_than_left")
    ]


def test_a_cancelled_invoice_opens_its_order_again(boss, make_order):
    order = make_order(line(CHAI, "3", "10"))
    path = f"/sales-orders/{order['id']}"
    invoice = boss("POST", f"{path}/invoice", status=201)
    assert boss("DELETE", f"/invoices/{invoice['id']}", status=409)["code"] == "invoice_active"
    assert boss("POST", f"/invoices/{invoice['id']}/cancel")["status"] == "Cancel"
    assert boss.refused("POST", f"/invoices/{invoice['id']}/cancel") == "invoice_cancelled"
    assert boss.get(path)["lines"][0]["invoiced_quantity"] == "0"
    again = boss("POST", f"{path}/invoice", status=201)
    assert again["total"] == "30.00"
    refusal = boss("PATCH", f"/invoices/{invoice['id']}", {"terms": "x"}, status=409)
    assert refusal["code"] == "invoice_cancelled"
    boss("DELETE", f"/invoices/{invoice['id']}", status=204)


def test_flat_amounts_of_a_cancelled_invoice_are_charged_again(boss, make_order):
    order = make_order(line(CHAI, "2", "10"), charges=[{"name": "Freight", "value": "5"}])
    path = f"/sales-orders/{order['id']}/invoice"
    half = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    boss("POST", f"/invoices/{boss('POST', path, half, status=201)['id']}/cancel")
    assert boss("POST", path, half, status=201)["charges"][0]["value"] == "2.50"
    assert boss("POST", path, half, status=201)["charges"][0]["value"] == "2.50"


def test_payments_count_until_nothing_is_owed(sales, boss, invoice):
    path = f"/invoices/{invoice['id']}/payments"
    payment = boss(
        "POST",
        path,
        {"amount": "100.5", "paid_on": "2030-01-02", "method": "Cash", "reference": "R1"},
        status=201,
    )
    expected = {
        "amount": "100.50",
        "currency": "USD",
        "paid_on": "2030-01-02",
        "method": "Cash",
        "reference": "R1",
        "status": "received",
        "invoice_id": invoice["id"],
        "account_id": invoice["account_id"],
    }
    assert {name: payment[name] for name in expected} == expected
    assert money(boss, invoice) == ("Partially Paid", "100.50", "264.50")
    over = boss("POST", path, {"amount": "264.51"}, status=409)
    assert (over["code"], over["balance"]) == ("overpayment", "264.50")
    boss("POST", path, {"amount": "264.50"}, status=201)
    assert money(boss, invoice) == ("Paid", "365.00", "0.00")
    assert boss.refused("POST", path, {"amount": "0.01"}) == "invoice_paid"
    facts = [told.split(".")[3] for told in sales.told(invoice["id"])]
    assert facts == ["created", "partially_paid", "paid"]


def test_a_payment_is_taken_back_once(boss, invoice):
    payments = [
        boss("POST", f"/invoices/{invoice['id']}/payments", {"amount": amount}, status=201)
        for amount in ("300", "65")
    ]
    assert boss.refused("POST", f"/invoices/{invoice['id']}/cancel") == "invoice_has_payments"
    assert boss("POST", f"/payments/{payments[0]['id']}/cancel")["status"] == "cancelled"
    assert boss.refused("POST", f"/payments/{payments[0]['id']}/cancel") == "payment_cancelled"
    assert money(boss, invoice) == ("Partially Paid", "65.00", "300.00")
    boss("POST", f"/payments/{payments[1]['id']}/cancel")
    assert money(boss, invoice) == ("Sent", "0.00", "365.00")
    boss("POST", f"/invoices/{invoice['id']}/cancel")
    path = f"/invoices/{invoice['id']}/payments"
    assert boss.refused("POST", path, {"amount": "1"}) == "invoice_cancelled"


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1e3x"])
def test_odd_amounts_are_no_payment(boss, invoice, amount):
    path = f"/invoices/{invoice['id']}/payments"
    [(pointer, _)] = boss.invalid("POST", path, {"amount": amount})
    assert pointer == "/amount"
    assert money(boss, invoice) == ("Created", "0", "365.00")


def test_statuses_of_payment_are_not_typed(boss, invoice):
    path = f"/invoices/{invoice['id']}"
    assert boss("PATCH", path, {"status": "Sent"})["status"] == "Sent"
    assert boss.invalid("PATCH", path, {"status": "Paid"}) == [("/status", "set_by_action")]
    boss("POST", f"{path}/payments", {"amount": "1"}, status=201)
    assert boss.invalid("PATCH", path, {"status": "Sent"}) == [("/status", "set_by_action")]
    account = invoice["account_id"]
    body = {"subject": "Tea", "account_id": account, "status": "Paid"}
    assert boss.invalid("POST", "/invoices", body) == [("/status", "set_by_action")]


def test_what_was_invoiced_or_paid_for_stays(boss, invoice):
    path = f"/invoices/{invoice['id']}"
    first, second = (
        {name: held[name] for name in ("id", "product_id", "quantity", "list_price")}
        for held in invoice["lines"]
    )
    more = [first | {"quantity": "4"}, second]
    assert boss.invalid("PATCH", path, {"lines": more}) == [("/lines/0/quantity", "line_in_use")]
    assert boss.invalid("PATCH", path, {"lines": [second]}) == [("/lines", "line_in_use")]
    cheaper = boss("PATCH", path, {"lines": [first, second], "adjustment": "-100"})
    assert (cheaper["total"], cheaper["balance"]) == ("300.00", "300.00")
    boss("POST", f"{path}/payments", {"amount": "1"}, status=201)
    refusal = boss("PATCH", path, {"adjustment": "0"}, status=409)
    assert refusal["code"] == "invoice_has_payments"
    assert boss("PATCH", path, {"terms": "30 days"})["terms"] == "30 days"


def test_payments_come_by_way_of_invoices(boss, invoice):
    path = f"/invoices/{invoice['id']}"
    payment = boss("POST", f"{path}/payments", {"amount": "1"}, status=201)
    assert boss("POST", "/payments", {"amount": "1"}, status=405)["code"] == "method_not_allowed"
    assert boss("DELETE", f"/payments/{payment['id']}", status=405)["code"]
    assert boss.invalid("PATCH", f"/payments/{payment['id']}", {"amount": "2"}) == [
        ("/amount", "read_only")
    ]


def test_an_invoice_with_payments_is_not_deleted(boss, account):
    invoice = boss.create(
        "invoices", subject="Tea", account_id=account["id"], lines=[line(CHAI, "1", "9")]
    )
    boss("POST", f"/invoices/{invoice['id']}/payments", {"amount": "1"}, status=201)
    refusal = boss("DELETE", f"/invoices/{invoice['id']}", status=409)
    assert (refusal["code"], refusal["used_by"]) == ("record_in_use", ["payment"])


def test_the_currency_of_an_invoiced_order_stays(boss, make_order):
    order = make_order(line(CHAI, "2", "10"))
    path = f"/sales-orders/{order['id']}"
    half = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    boss("POST", f"{path}/invoice", half, status=201)
    assert boss.invalid("PATCH", path, {"currency": "JPY"}) == [("/currency", "invoiced")]
