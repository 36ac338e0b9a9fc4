"""Pouring a company in: once, twice, after a stop, and with rows that the API refuses."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import FieldError
from tandem.client import Unreachable
from tandem.northwind import company
from tandem.northwind.pouring import Pouring, Summary
from tandem.northwind.shipping import Awaited, await_posting
from tests.unit.northwind import small_company
from tests.unit.northwind.fake_tandem import FakeTandem


class Silent:
    def begin(self, title: str, total: int) -> Callable[[int], None]:
        del title, total
        return lambda count: None


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return small_company.write(tmp_path)


def pour(tandem: Any, directory: Path) -> Summary:
    return Pouring(tandem, company.read(directory), Silent()).run()


def test_everything_is_created_and_the_second_run_changes_nothing(directory: Path) -> None:
    tandem = FakeTandem()
    first = pour(tandem, directory)
    assert first.faults == []
    assert first.counts == {
        "Roles": Counter(created=2),
        "Users": Counter(created=3),
        "Vendors": Counter(created=2),
        "Products": Counter(created=2),
        "Opening stock": Counter(created=2),
        "Accounts": Counter(created=2),
        "Contacts": Counter(created=2),
        "Sales orders": Counter(created=3),
        "Approvals": Counter(changed=3),
        "Shipments": Counter(created=2),
    }
    tandem.calls.clear()
    second = pour(tandem, directory)
    assert second.written == 0
    assert {t: c.total() for t, c in second.counts.items()} == {
        t: c.total() for t, c in first.counts.items()
    }
    assert not [call for call in tandem.calls if call.startswith("POST")]


def test_roles_follow_who_reports_to_whom(directory: Path) -> None:
    tandem = FakeTandem()
    pour(tandem, directory)
    team = "team-2-sales-representative"
    assert {k: (r["name"], r["parent_id"]) for k, r in tandem.named("roles").items()} == {
        "employee-2": ("Vice President, Sales: Andrew Fuller", "top"),
        team: ("Sales Representative, team of Andrew Fuller", "roles/employee-2"),
    }
    nancy = tandem.named("users")["1"]
    assert (nancy["username"], nancy["email"], nancy["role_id"], nancy["reports_to_id"]) == (
        "nancy.davolio",
        "nancy.davolio@northwind.example",
        f"roles/{team}",
        "users/2",
    )


def test_an_order_says_what_its_rows_say(directory: Path) -> None:
    tandem = FakeTandem()
    pour(tandem, directory)
    order = tandem.named("sales-orders")["10250"]["body"]
    assert order["lines"] == [
        {
            "product_id": "products/11",
            "quantity": "25",
            "list_price": "7.70",
            "discount_percent": "15",
        },
        {
            "product_id": "products/42",
            "quantity": "10",
            "list_price": "9.80",
            "discount_percent": "0",
        },
    ]
    assert order["charges"] == [{"name": "Freight", "kind": "flat", "value": "65.83"}]
    assert order["owner_id"] == "users/1"
    assert (order["order_date"], order["due_date"]) == ("1996-07-08", "1996-08-05")
    assert order["carrier"] == "Federal Shipping"
    assert (order["billing_street"], order["shipping_street"]) == ("Rua do Paço, 67",) * 2
    assert {s["shipped_at"] for s in tandem.shipments} == {
        "1996-07-12T00:00:00Z",
        "1996-07-15T00:00:00Z",
    }


def test_goods_and_customers_belong_to_whom_they_should(directory: Path) -> None:
    tandem = FakeTandem()
    pour(tandem, directory)
    assert tandem.named("products")["11"]["owner_id"] == "users/2"
    assert tandem.named("products")["42"]["active"] is False
    assert tandem.named("stock-movements")["opening-42"]["quantity"] == "39"
    assert tandem.named("accounts")["HANAR"]["owner_id"] == "users/1"
    assert tandem.named("accounts")["PARIS"]["owner_id"] == "users/2"
    mayumi = tandem.named("vendors")["6"]
    assert mayumi["website"] == "http://www.example.com/mayumi.htm"
    assert mayumi["description"] == "Contact: Mayumi Ohno"
    mario = tandem.named("contacts")["HANAR"]
    assert (mario["first_name"], mario["last_name"]) == ("Mario", "Pontes")


def test_what_the_api_refuses_is_told_by_file_row_and_column(directory: Path) -> None:
    tandem = FakeTandem()
    tandem.refusals["vendors", "6"] = [
        FieldError("/phone", "invalid", "is no telephone number"),
        FieldError("/website", "invalid", "is no address"),
    ]
    tandem.refusals["sales-orders", "10250"] = [
        FieldError("/charges/0/value", "invalid", "too much"),
        FieldError("/lines/1/list_price", "invalid", "too cheap"),
    ]
    summary = pour(tandem, directory)
    assert sorted(str(fault) for fault in summary.faults) == [
        *(
            f"orders.csv row {row}: productID: names '42' of products.csv, which Tandem has refused"
            for row in (2, 3, 4)
        ),
        "products.csv row 3: productID: names '42' of products.csv, which Tandem has refused",
        "products.csv row 3: supplierID: names '6' of suppliers.csv, which Tandem has refused",
        (
            "suppliers.csv row 3: phone: is no telephone number\n"
            "suppliers.csv row 3: homePage: is no address"
        ),
    ]
    assert summary.counts["Accounts"] == Counter(created=2)
    del tandem.refusals["vendors", "6"]
    again = pour(tandem, directory)
    assert [str(fault) for fault in again.faults] == [
        "order-details.csv row 3: unitPrice: too cheap",
        "orders.csv row 2: freight: too much",
    ]
    assert again.counts["Sales orders"] == Counter(created=2, failed=1)


def test_a_run_that_was_stopped_goes_on_where_it_was(directory: Path) -> None:
    tandem = FakeTandem()
    whole = tandem.post

    def stops(path: str, body: Any = None) -> Any:
        if path.endswith("/ship"):
            raise Unreachable("The gateway is away.")
        return whole(path, body)

    tandem.post = stops  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        pour(tandem, directory)
    assert not tandem.shipments
    tandem.post = whole  # type: ignore[method-assign]
    pour(tandem, directory)
    assert len(tandem.shipments) == 2
    approved = [c for c in tandem.calls if c.endswith("/approve")]
    assert sorted(approved) == sorted(set(approved))


def test_a_shipment_under_way_is_waited_for_and_not_made_again(directory: Path) -> None:
    tandem = FakeTandem()
    pour(tandem, directory)
    tandem.records["sales-orders", "10250"]["status"] = "Approved"
    tandem.calls.clear()
    summary = pour(tandem, directory)
    assert summary.counts["Shipments"] == Counter(unchanged=2)
    assert not [call for call in tandem.calls if call.startswith("POST")]


def test_an_order_someone_cancelled_meanwhile_is_left_alone(directory: Path) -> None:
    tandem = FakeTandem()
    pour(tandem, directory)
    order = tandem.records["sales-orders", "10250"]
    order["status"] = "Cancelled"
    tandem.calls.clear()
    assert pour(tandem, directory).written == 0
    assert not [call for call in tandem.calls if call.startswith("POST")]


def test_a_shipment_that_is_short_is_a_fault_of_its_order(directory: Path) -> None:
    tandem = FakeTandem()
    tandem.stock_answers = "short"
    summary = pour(tandem, directory)
    assert sorted(str(fault) for fault in summary.faults) == [
        "orders.csv row 2: shippedDate: the shipment is short",
        "orders.csv row 3: shippedDate: the shipment is short",
    ]
    assert summary.counts["Shipments"] == Counter(failed=2)


def test_waiting_ends_when_inventory_stays_silent() -> None:
    tandem: Any = FakeTandem()
    tandem.shipments = [
        {"sales_order_id": "a", "status": "posted"},
        {"sales_order_id": "a", "status": "short"},
        {"sales_order_id": "b", "status": "pending"},
    ]
    orders = [Awaited("a", 2, "created"), Awaited("b", 3, "created")]
    assert list(await_posting(tandem, orders, standstill=0)) == [
        (orders[0], ""),
        (orders[1], "inventory has not answered for 0 s"),
    ]
