"""Many people at once: nothing is shipped, cancelled, paid or created twice, and nothing fails."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.service.sales.conftest import CHAI, line, posted, short
from tests.service.served import BOSS

AT_ONCE = 8


def together(sales, *requests_):
    """The statuses and bodies of POSTs that are sent at the same time."""
    token = sales.as_(BOSS)._session.headers["Authorization"]

    def send(request):
        path, body = request
        headers = {"Authorization": token}
        return requests.post(sales.url + path, json=body, headers=headers, timeout=30)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(send, requests_))


def test_a_line_ships_no_more_than_it_has(sales, boss, make_order):
    order = make_order(line(CHAI, "10", "18"))
    one = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    path = f"/sales-orders/{order['id']}"
    answers = together(sales, *[(f"{path}/ship", one)] * 16)
    assert Counter(answer.status_code for answer in answers) == {201: 10, 422: 6}
    assert boss.get(path)["lines"][0]["shipping_quantity"] == "10"


def test_answers_and_cancellations_cross(sales, boss, make_order):
    order = make_order(line(CHAI, "8", "18"))
    path = f"/sales-orders/{order['id']}"
    one = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    shipments = [boss("POST", f"{path}/ship", one, status=201) for _ in range(8)]
    cancellations = [(f"/shipments/{held['id']}/cancel", {}) for held in shipments[:4]]
    with ThreadPoolExecutor(1) as pool:
        answers = [posted(held) for held in shipments[:6]] + [short(held) for held in shipments[6:]]
        hearing = pool.submit(sales.hear, "stock_answers", *answers)
        cancelled = together(sales, *cancellations)
    assert hearing.result() == ["applied"] * 8
    assert {answer.status_code for answer in cancelled} == {200}
    [held] = boss.get(path)["lines"]
    assert (held["shipping_quantity"], held["shipped_quantity"]) == ("2", "2")
    both = together(sales, *[(f"{path}/cancel", {})] * 4)
    assert Counter(answer.status_code for answer in both) == {200: 1, 409: 3}
    [held] = boss.get(path)["lines"]
    assert (held["shipping_quantity"], held["shipped_quantity"]) == ("0", "0")


def test_an_invoice_takes_no_more_than_is_owed(sales, boss, account):
    invoice = boss.create(
        "invoices", subject="Tea", account_id=account["id"], lines=[line(CHAI, "5", "10")]
    )
    answers = together(sales, *[(f"/invoices/{invoice['id']}/payments", {"amount": "10"})] * 8)
    assert Counter(answer.status_code for answer in answers) == {201: 5, 409: 3}
    assert boss.get(f"/invoices/{invoice['id']}")["balance"] == "0.00"


def test_leads_of_one_company_become_one_account(sales, boss):
    company = f"Acme {uuid.uuid4()}"
    leads = [boss.create("leads", last_name="Doe", company=company) for _ in range(6)]
    answers = together(sales, *[(f"/leads/{lead['id']}/convert", {}) for lead in leads])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["account_id"] for answer in answers}) == 1
    assert [answer.json()["account_created"] for answer in answers].count(True) == 1


def test_a_lead_is_converted_once(sales, boss):
    lead = boss.create("leads", last_name="Doe", company=f"Acme {uuid.uuid4()}")
    answers = together(sales, *[(f"/leads/{lead['id']}/convert", {})] * 6)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 5}


def test_a_quote_becomes_one_order(sales, boss, account):
    quote = boss.create(
        "quotes", subject="Tea", account_id=account["id"], lines=[line(CHAI, "1", "9")]
    )
    boss("POST", f"/quotes/{quote['id']}/accept")
    answers = together(sales, *[(f"/quotes/{quote['id']}/to-order", {})] * 6)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}
