"""The main job over the whole suite and through its gateway: from a lead to money, and stock."""

import uuid

import pytest

from tests.e2e.conftest import line
from tests.e2e.running import PATIENCE
from tests.eventually import eventually


@pytest.fixture
def tag():
    return f"t{uuid.uuid4().hex[:12]}"


def shipped(order):
    """Of each line: in shipments, shipped."""
    return [(held["shipping_quantity"], held["shipped_quantity"]) for held in order["lines"]]


def moved(api, product):
    """What came and went, in order, and what lay there afterwards."""
    query = f"/stock-movements?filter[product_id]={product['id']}&sort=id"
    return [(m["reason"], m["quantity"], m["balance"]) for m in api.get(query)["items"]]


def test_from_a_lead_to_money(ben, make_products, stocked, becomes, tag):
    chai, chang = make_products("50", "20")
    lead = ben.create("leads", last_name="Doe", company=tag, email="doe@example.com")
    became = ben("POST", f"/leads/{lead['id']}/convert", {"opportunity": {"amount": "250.20"}})
    quote = ben.create(
        "quotes",
        subject=f"Tea for {tag}",
        account_id=became["account_id"],
        contact_id=became["contact_id"],
        opportunity_id=became["opportunity_id"],
        lines=[line(chai, "10", "18"), line(chang, "4", "19.50", discount_percent="10")],
    )
    assert quote["total"] == "250.20"
    assert ben("POST", f"/quotes/{quote['id']}/accept")["stage"] == "Accepted"
    order = ben("POST", f"/quotes/{quote['id']}/to-order", status=201)
    assert (order["status"], order["total"]) == ("Created", "250.20")
    assert order["account_id"] == became["account_id"]
    path = f"/sales-orders/{order['id']}"
    assert ben("POST", f"{path}/approve")["status"] == "Approved"
    stocked(chai, 50, 10, 40, 0)
    stocked(chang, 20, 4, 16, 0)

    some = [{"line_id": order["lines"][0]["id"], "quantity": "4"}]
    first = ben("POST", f"{path}/ship", {"lines": some}, status=201)
    assert (first["status"], first["sales_order_id"]) == ("pending", order["id"])
    becomes("shipments", first, "status", "posted")
    stocked(chai, 46, 6, 40, 0)
    stocked(chang, 20, 4, 16, 0)
    partly = becomes("sales-orders", order, "status", "Partially Shipped")
    assert shipped(partly) == [("4", "4"), ("0", "0")]

    rest = ben("POST", f"{path}/ship", status=201)
    becomes("shipments", rest, "status", "posted")
    delivered = becomes("sales-orders", order, "status", "Delivered")
    assert shipped(delivered) == [("10", "10"), ("4", "4")]
    stocked(chai, 40, 0, 40, 0)
    stocked(chang, 16, 0, 16, 0)
    assert moved(ben, chai) == [
        ("opening", "50", "50"),
        ("shipment", "-4", "46"),
        ("shipment", "-6", "40"),
    ]
    assert moved(ben, chang) == [("opening", "20", "20"), ("shipment", "-4", "16")]

    invoice = ben("POST", f"{path}/invoice", status=201)
    assert (invoice["total"], invoice["balance"]) == ("250.20", "250.20")
    payments = f"/invoices/{invoice['id']}/payments"
    ben("POST", payments, {"amount": "100"}, status=201)
    after = ben.get(f"/invoices/{invoice['id']}")
    assert (after["status"], after["balance"]) == ("Partially Paid", "150.20")
    assert ben.refused("POST", payments, {"amount": "150.21"}) == "overpayment"
    ben("POST", payments, {"amount": "150.20"}, status=201)
    after = ben.get(f"/invoices/{invoice['id']}")
    assert (after["status"], after["balance"]) == ("Paid", "0.00")
    assert ben.refused("POST", payments, {"amount": "0.01"}) == "invoice_paid"

    def reported():
        rows = ben.get("/reports/sales?group_by=account")["rows"]
        return [
            (row["orders"], float(row["amount"]), float(row["units"]), float(row["shipped_units"]))
            for row in rows
            if row["label"] == tag
        ]

    eventually(reported, [(1, 250.2, 14.0, 14.0)], within=PATIENCE)


def test_ordered_goods_arrive_in_parts(ben, make_products, stocked, tag):
    [goods] = make_products("5")
    vendor = ben.create("vendors", name=tag)
    order = ben.create(
        "purchase-orders",
        subject="Goods",
        vendor_id=vendor["id"],
        lines=[line(goods, "20", "3")],
    )
    path = f"/purchase-orders/{order['id']}"
    assert ben("POST", f"{path}/approve")["status"] == "Approved"
    stocked(goods, 5, 0, 5, 20)
    some = [{"line_id": order["lines"][0]["id"], "quantity": "8"}]
    assert ben("POST", f"{path}/receive", {"lines": some})["status"] == "Partially Received"
    stocked(goods, 13, 0, 13, 12)
    assert ben("POST", f"{path}/receive")["status"] == "Received Shipment"
    stocked(goods, 25, 0, 25, 0)
    assert ben.refused("POST", f"{path}/receive") == "not_expected"
    assert moved(ben, goods) == [
        ("opening", "5", "5"),
        ("receipt", "8", "13"),
        ("receipt", "12", "25"),
    ]


def test_what_is_not_there_does_not_leave(ben, make_products, approved, stocked, becomes):
    plenty, few = make_products("10", "3")
    order = approved((plenty, "2", "1"), (few, "5", "1"))
    stocked(few, 3, 5, -2, 0)
    path = f"/sales-orders/{order['id']}"
    shipment = becomes("shipments", ben("POST", f"{path}/ship", status=201), "status", "short")
    [lacking] = shipment["shortage"]
    assert (lacking["product_id"], lacking["quantity"], lacking["on_hand"]) == (few["id"], "5", "3")
    stocked(plenty, 10, 2, 8, 0)
    stocked(few, 3, 5, -2, 0)
    assert shipped(ben.get(path)) == [("0", "0"), ("0", "0")]

    more = {"product_id": few["id"], "quantity": "2", "reason": "correction"}
    ben.create("stock-movements", **more)
    becomes("shipments", ben("POST", f"{path}/ship", status=201), "status", "posted")
    becomes("sales-orders", order, "status", "Delivered")
    stocked(plenty, 8, 0, 8, 0)
    stocked(few, 0, 0, 0, 0)


def test_cancelling_puts_back_once(ben, make_products, approved, stocked, becomes):
    [goods] = make_products("10")
    order = approved((goods, "6", "1"))
    path = f"/sales-orders/{order['id']}"
    some = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "4"}]}
    shipment = ben("POST", f"{path}/ship", some, status=201)
    becomes("shipments", shipment, "status", "posted")
    stocked(goods, 6, 2, 4, 0)
    assert ben("POST", f"{path}/cancel")["status"] == "Cancelled"
    stocked(goods, 10, 0, 10, 0)
    assert ben.refused("POST", f"{path}/cancel") == "order_cancelled"
    assert ben.refused("POST", f"/shipments/{shipment['id']}/cancel") == "shipment_cancelled"
    assert moved(ben, goods) == [
        ("opening", "10", "10"),
        ("shipment", "-4", "6"),
        ("shipment_cancelled", "4", "10"),
    ]
    stocked(goods, 10, 0, 10, 0)


def test_low_stock_is_mailed_once_for_each_crossing(suite, ben, make_products, approved, stocked):
    [goods] = make_products("10", reorder_level="5")
    subject = f"Low stock: {goods['name']}"

    def mailed():
        found = ben.get(f"/emails?filter[related_id]={goods['id']}&fields=to,status,subject")
        states = [(mail["subject"], mail["to"], mail["status"]) for mail in found["items"]]
        return states, len(suite.mails(subject))

    def mails(count):
        return [(subject, ["ben@example.com"], "sent")] * count, count

    first = approved((goods, "6", "1"))
    eventually(mailed, mails(1), within=PATIENCE)
    ben("POST", f"/sales-orders/{first['id']}/ship", status=201)
    stocked(goods, 4, 0, 4, 0)
    approved((goods, "1", "1"))
    stocked(goods, 4, 1, 3, 0)

    ben.create("stock-movements", product_id=goods["id"], quantity="7", reason="correction")
    stocked(goods, 11, 1, 10, 0)
    approved((goods, "8", "1"))
    eventually(mailed, mails(2), within=PATIENCE)
    stocked(goods, 11, 9, 2, 0)
    assert mailed() == mails(2)


def test_one_search_finds_what_each_service_has(ben, tag):
    ben.create("accounts", name=f"{tag} Ltd")
    ben.create("leads", last_name=tag, company="x")
    ben.create("products", name=f"{tag} tea")
    ben.create("vendors", name=tag)
    ben.create("tickets", title=f"Where is {tag}?")
    found = ben.get(f"/search?q={tag}")
    assert sorted((hit["entity"], hit["label"]) for hit in found["items"]) == [
        ("account", f"{tag} Ltd"),
        ("lead", tag),
        ("product", f"{tag} tea"),
        ("ticket", f"Where is {tag}?"),
        ("vendor", tag),
    ]
    assert not found.get("unavailable")


def test_people_see_their_own_and_what_is_below_them(people, admin, make_products, tag):
    anna, ben, clara = people["anna"], people["ben"], people["clara"]
    [goods] = make_products("10")
    account = ben.create("accounts", name=tag)
    bens = {
        "accounts": account,
        "leads": ben.create("leads", last_name=tag, company=tag),
        "tickets": ben.create("tickets", title=tag),
        "emails": ben.create("emails", to=["x@example.com"], subject=tag, body_text="x"),
        "sales-orders": ben.create(
            "sales-orders",
            subject=tag,
            account_id=account["id"],
            lines=[line(goods, "1", "1")],
        ),
    }
    ben("POST", f"/sales-orders/{bens['sales-orders']['id']}/approve")
    for plural, record in bens.items():
        for api, seen in ((ben, 1), (anna, 1), (admin, 1), (clara, 0)):
            listed = api.get(f"/{plural}?filter[id]={record['id']}&count=exact")
            assert (listed["count"], len(listed["items"])) == (seen, seen), plural
            api.get(f"/{plural}/{record['id']}", status=200 if seen else 404)
        clara("PATCH", f"/{plural}/{record['id']}", {"source": "x"}, status=404)
    assert clara.get(f"/search?q={tag}")["items"] == []
    assert len(anna.get(f"/search?q={tag}")["items"]) == 5

    def accounts(api):
        rows = api.get("/reports/sales?group_by=account")["rows"]
        return tag in {row["label"] for row in rows}

    eventually(lambda: [accounts(api) for api in (ben, anna, admin)], [True] * 3, within=PATIENCE)
    assert not accounts(clara)
    assert clara.get(f"/products/{goods['id']}")["owner_id"] == ben.id
    clara("POST", "/roles", {"name": "x"}, status=403)


def test_the_pipeline_follows_a_stage_by_its_new_name(admin, ben, tag):
    stages = "/meta/opportunity/picklists/stage"

    def pipeline():
        found = admin.get("/reports/pipeline")["rows"]
        return {row["key"]: (row["opportunities"], row["amount"]) for row in found}

    trial = {"value": f"Trial/{tag}", "before": "Qualification", "traits": {"probability": "50"}}
    admin("POST", f"{stages}/values", trial, status=201)
    for _ in range(3):
        about = {"name": tag, "closing_date": "2030-01-31", "amount": "10.00"}
        made = ben.create("opportunities", **about, stage=f"Trial/{tag}")
        assert (made["probability"], made["stage_class"]) == ("50", "open")
    eventually(lambda: pipeline().get(f"Trial/{tag}"), (3, "30.00"), within=PATIENCE)
    renamed = admin("PATCH", f"{stages}/values/Trial%2F{tag}", {"value": f"Pilot {tag}"})
    assert f"Trial/{tag}" not in [one["value"] for one in renamed["values"]]
    listed = ben.get(f"/opportunities?filter[stage]=Pilot {tag}&fields=stage")["items"]
    assert [item["stage"] for item in listed] == [f"Pilot {tag}"] * 3
    eventually(lambda: pipeline().get(f"Pilot {tag}"), (3, "30.00"), within=PATIENCE)
    assert f"Trial/{tag}" not in pipeline()
    eventually(lambda: admin.get(stages)["following"], [], within=PATIENCE)
    admin("DELETE", f"{stages}/values/Pilot%20{tag}?replacement=Prospecting")
    eventually(lambda: pipeline().get(f"Pilot {tag}"), None, within=PATIENCE)
