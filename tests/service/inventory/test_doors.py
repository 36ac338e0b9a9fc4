"""Inventory as its clients meet it: over HTTP, with rights, lists and filters."""

from collections.abc import Iterator
from typing import Any

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import ANNA, BEN, BOSS, record, serving


@pytest.fixture(scope="module")
def inventory() -> Iterator[Any]:
    with serving("inventory") as service:
        state = {"code": "USD", "decimals": 2, "conversion_rate": "1"}
        known = record(
            "crm.identity.currency.created.v1", new_id(), is_base=True, active=True, **state
        )
        service.hear("currencies", known)
        yield service


@pytest.fixture
def boss(inventory: Any) -> Any:
    return inventory.as_(BOSS)


@pytest.fixture
def anna(inventory: Any) -> Any:
    return inventory.as_(ANNA)


def test_a_product_goes_in_and_comes_out_whole(anna: Any) -> None:
    vendor = anna.create("vendors", name="Exotic Liquids", gl_account="308-Sales-Books")
    product = anna.create(
        "products",
        name="Chai",
        vendor_id=vendor["id"],
        unit_price="18.00",
        reorder_level="10",
        category="Hardware",
        usage_unit="Box",
        taxes=[{"name": "VAT", "rate": "4.5"}],
        images=["https://example.com/chai.png"],
        prices=[{"currency": "USD", "amount": "17.50"}],
    )
    assert product["number"].startswith("PRO")
    assert product["owner_id"] == ANNA
    assert product["active"] is True
    assert product["prices"] == [{"currency": "USD", "amount": "17.50"}]
    assert product["taxes"][0]["rate"] == "4.5"
    assert product["images"] == ["https://example.com/chai.png"]
    assert product["stock"] == {
        "on_hand": "0",
        "reserved": "0",
        "available": "0",
        "on_order": "0",
        "reorder_level": "10",
    }
    assert anna.get(f"/products/{product['number']}") == product
    [listed] = anna.get(f"/products?filter[vendor_id]={vendor['id']}")["items"]
    assert listed["stock"] == product["stock"]


def test_buying_goods_makes_levels_that_lists_filter(boss: Any) -> None:
    vendor = boss.create("vendors", name="Tokyo Traders")
    product = boss.create("products", name="Ikura")
    line = {"product_id": product["id"], "quantity": "12", "list_price": "31"}
    order = boss.create("purchase-orders", subject="Roe", vendor_id=vendor["id"], lines=[line])
    path = f"/purchase-orders/{order['id']}"
    assert boss.refused("POST", f"{path}/receive", {}) == "not_expected"
    assert boss("POST", f"{path}/approve")["status"] == "Approved"
    assert boss.get(f"/products/{product['id']}")["stock"]["on_order"] == "12"
    part = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "5"}]}
    received = boss("POST", f"{path}/receive", part)
    assert received["status"] == "Partially Received"
    assert received["lines"][0]["received_quantity"] == "5"
    [level] = boss.get(f"/stock-levels?filter[product_id]={product['id']}")["items"]
    assert {name: level[name] for name in ("on_hand", "reserved", "available", "on_order")} == {
        "on_hand": "5",
        "reserved": "0",
        "available": "5",
        "on_order": "7",
    }
    elsewhere = f"filter[product_id]={product['id']}&filter[warehouse_id]={new_id()}"
    assert boss.get(f"/stock-levels?{elsewhere}")["items"] == []
    [moved] = boss.get(f"/stock-movements?filter[purchase_order_id]={order['id']}")["items"]
    assert (moved["reason"], moved["quantity"], moved["balance"]) == ("receipt", "5", "5")
    assert boss("POST", f"{path}/cancel")["status"] == "Cancelled"
    assert boss.get(f"/products/{product['id']}")["stock"]["on_hand"] == "0"


def test_opening_stock_is_imported_once(boss: Any) -> None:
    product = boss.create("products", name="Tofu")
    path = "/stock-movements/external/northwind/opening-14"
    body = {"product_id": product["id"], "quantity": "35", "reason": "opening"}
    first = boss("PUT", path, body, status=201)
    assert boss("PUT", path, body)["id"] == first["id"]
    assert boss.get(f"/products/{product['id']}")["stock"]["on_hand"] == "35"
    assert boss.get(path)["balance"] == "35"


def test_what_nobody_writes_and_what_only_administrators_write(boss: Any, anna: Any) -> None:
    product = anna.create("products", name="Konbu")
    movement = anna.create(
        "stock-movements", product_id=product["id"], quantity="6", reason="count"
    )
    for method in ("PATCH", "DELETE"):
        anna(method, f"/stock-movements/{movement['id']}", {}, status=405)
    anna("POST", "/stock-levels", {}, status=405)
    anna("POST", "/warehouses", {"name": "North"}, status=403)
    north = boss.create("warehouses", name="North")
    anna("POST", f"/warehouses/{north['id']}/make-default", status=403)
    assert boss("POST", f"/warehouses/{north['id']}/make-default")["is_default"] is True
    assert boss.refused("DELETE", f"/warehouses/{north['id']}") == "default_warehouse"
    [main] = boss.get("/warehouses?filter[name]=Main Warehouse")["items"]
    assert boss("POST", f"/warehouses/{main['id']}/make-default")["is_default"] is True


def test_a_purchase_order_belongs_to_its_owner(inventory: Any, anna: Any) -> None:
    vendor = anna.create("vendors", name="Mayumi's")
    order = anna.create("purchase-orders", subject="Soy", vendor_id=vendor["id"])
    inventory.as_(BEN)("GET", f"/purchase-orders/{order['id']}", status=404)
    inventory.as_(BEN)("POST", f"/purchase-orders/{order['id']}/approve", status=404)
    assert anna.invalid("PATCH", f"/purchase-orders/{order['id']}", {"status": "Approved"}) == [
        ("/status", "read_only")
    ]


def test_every_bad_field_of_a_receipt_is_named(boss: Any) -> None:
    vendor = boss.create("vendors", name="Pavlova")
    order = boss.create("purchase-orders", subject="Cake", vendor_id=vendor["id"])
    body = {"lines": [{"line_id": "x", "quantity": "0"}], "when": "now"}
    assert sorted(boss.invalid("POST", f"/purchase-orders/{order['id']}/receive", body)) == [
        ("/lines/0/line_id", "invalid"),
        ("/lines/0/quantity", "greater_than"),
        ("/when", "unknown_field"),
    ]
