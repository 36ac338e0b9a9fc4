"""From an approved order to delivered goods: shipments, what the warehouse says, cancellations."""

import pytest

from tests.service.sales.conftest import (
    CHAI,
    CHANG,
    SYRUP,
    WAREHOUSE,
    line,
    posted,
    short,
)
from tests.service.served import BOSS


def quantities(order):
    """Of each line: in shipments, shipped."""
    return [(held["shipping_quantity"], held["shipped_quantity"]) for held in order["lines"]]


@pytest.fixture
def ship(boss):
    def ship(order, *parts, **values):
        """`parts`: (position of the line, quantity)."""
        if parts:
            values["lines"] = [
                {"line_id": order["lines"][position]["id"], "quantity": quantity}
                for position, quantity in parts
            ]
        return boss("POST", f"/sales-orders/{order['id']}/ship", values, status=201)

    return ship


@pytest.fixture
def read(boss):
    return lambda order: boss.get(f"/sales-orders/{order['id']}")


def test_an_order_is_approved_once(boss, make_order):
    order = make_order(approved=False)
    assert order["status"] == "Created"
    assert boss.refused("POST", f"/sales-orders/{order['id']}/ship") == "order_not_approved"
    assert boss.refused("POST", f"/sales-orders/{order['id']}/invoice") == "order_not_approved"
    approved = boss("POST", f"/sales-orders/{order['id']}/approve")
    assert approved["status"] == "Approved"
    assert approved["approved_at"] is not None
    assert boss.refused("POST", f"/sales-orders/{order['id']}/approve") == "order_already_approved"


def test_an_order_of_nothing_is_not_approved(boss, make_order):
    order = make_order(line(CHAI, "0", "18"), approved=False)
    assert boss.refused("POST", f"/sales-orders/{order['id']}/approve") == "order_empty"


def test_a_whole_order_ships_and_is_delivered_when_it_is_posted(
    sales, boss, make_order, ship, read
):
    order = make_order(carrier="UPS")
    shipment = ship(order, tracking_number="1Z999", warehouse_id=WAREHOUSE)
    assert shipment["status"] == "pending"
    assert shipment["number"].startswith("SHP")
    assert shipment["carrier"] == "UPS"
    assert shipment["account_id"] == order["account_id"]
    assert [(held["product_id"], held["quantity"]) for held in shipment["lines"]] == [
        (CHAI, "10"),
        (CHANG, "5"),
        (SYRUP, "2"),
    ]
    waiting = read(order)
    assert waiting["status"] == "Approved"
    assert quantities(waiting) == [("10", "0"), ("5", "0"), ("2", "0")]
    assert boss.refused("POST", f"/sales-orders/{order['id']}/ship") == "nothing_to_ship"

    assert sales.hear("stock_answers", posted(shipment)) == ["applied"]
    assert read(order)["status"] == "Delivered"
    assert quantities(read(order)) == [("10", "10"), ("5", "5"), ("2", "2")]
    after = boss.get(f"/shipments/{shipment['id']}")
    assert after["status"] == "posted"
    assert after["warehouse_id"] == WAREHOUSE
    assert after["shipped_at"] is not None
    assert after["modified_by"] == BOSS


def test_an_order_ships_in_parts(sales, boss, make_order, ship, read):
    order = make_order()
    first = ship(order, (0, "4"), (2, "2"))
    sales.hear("stock_answers", posted(first))
    assert read(order)["status"] == "Partially Shipped"
    assert quantities(read(order)) == [("4", "4"), ("0", "0"), ("2", "2")]
    second = ship(order, (0, "0.5"))
    rest = ship(order)
    assert [(held["product_id"], held["quantity"]) for held in rest["lines"]] == [
        (CHAI, "5.5"),
        (CHANG, "5"),
    ]
    sales.hear("stock_answers", posted(rest), posted(second))
    assert read(order)["status"] == "Delivered"
    assert quantities(read(order)) == [("10.0", "10.0"), ("5", "5"), ("2", "2")]


def test_more_than_is_left_never_ships(boss, make_order, ship, read):
    order = make_order()
    ship(order, (0, "8"))
    before = read(order)
    other = make_order()
    asked = [
        {"line_id": order["lines"][0]["id"], "quantity": "3"},
        {"line_id": order["lines"][1]["id"], "quantity": "1"},
        {"line_id": order["lines"][1]["id"], "quantity": "1"},
        {"line_id": other["lines"][0]["id"], "quantity": "1"},
    ]
    assert boss.invalid("POST", f"/sales-orders/{order['id']}/ship", {"lines": asked}) == [
        ("/lines/0/quantity", "more_than_left"),
        ("/lines/2/line_id", "duplicate_line"),
        ("/lines/3/line_id", "unknown_line"),
    ]
    assert read(order) == before


@pytest.mark.parametrize("quantity", ["0", "-1", "0.00001", "NaN", "x"])
def test_odd_quantities_never_ship(boss, make_order, quantity):
    order = make_order()
    asked = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": quantity}]}
    [(pointer, _)] = boss.invalid("POST", f"/sales-orders/{order['id']}/ship", asked)
    assert pointer == "/lines/0/quantity"


def test_an_unknown_warehouse_ships_nothing(boss, make_order, read):
    order = make_order()
    assert boss.invalid("POST", f"/sales-orders/{order['id']}/ship", {"warehouse_id": CHAI}) == [
        ("/warehouse_id", "dangling_link")
    ]
    assert read(order) == order


def test_a_short_shipment_gives_back_what_it_held(sales, boss, make_order, ship, read):
    order = make_order()
    shipment = ship(order, (0, "7"))
    assert sales.hear("stock_answers", short(shipment, on_hand="3")) == ["applied"]
    after = boss.get(f"/shipments/{shipment['id']}")
    assert after["status"] == "short"
    assert after["shortage"] == [
        {
            "line_id": shipment["lines"][0]["id"],
            "order_line_id": order["lines"][0]["id"],
            "product_id": CHAI,
            "quantity": "7",
            "on_hand": "3",
        }
    ]
    assert read(order)["status"] == "Approved"
    assert quantities(read(order))[0] == ("0", "0")
    assert boss.refused("POST", f"/shipments/{shipment['id']}/cancel") == "shipment_short"
    again = ship(order, (0, "3"))
    sales.hear("stock_answers", posted(again))
    assert quantities(read(order))[0] == ("3", "3")


def test_an_answer_counts_once_however_often_it_comes(sales, boss, make_order, ship, read):
    order = make_order()
    shipment = ship(order)
    answer = posted(shipment)
    assert sales.hear("stock_answers", answer, answer) == ["applied", "duplicate"]
    told_anew = [posted(shipment), short(shipment)]
    assert sales.hear("stock_answers", *told_anew) == ["applied"] * 2
    assert quantities(read(order)) == [("10", "10"), ("5", "5"), ("2", "2")]
    assert boss.get(f"/shipments/{shipment['id']}")["status"] == "posted"


def test_many_answers_are_one_batch(sales, make_order, ship, read):
    orders = [make_order() for _ in range(4)]
    shipments = [ship(order, (0, "1")) for order in orders for _ in range(3)]
    answers = [
        short(shipment) if position % 3 == 2 else posted(shipment)
        for position, shipment in enumerate(shipments)
    ]
    assert sales.hear("stock_answers", *answers) == ["applied"] * 12
    for order in orders:
        assert quantities(read(order)) == [("2", "2"), ("0", "0"), ("0", "0")]


def test_a_cancelled_shipment_is_the_orders_again(sales, boss, make_order, ship, read):
    order = make_order()
    pending, gone = ship(order, (0, "4")), ship(order, (1, "5"))
    sales.hear("stock_answers", posted(gone))
    assert boss("POST", f"/shipments/{pending['id']}/cancel")["status"] == "cancelled"
    assert quantities(read(order)) == [("0", "0"), ("5", "5"), ("0", "0")]
    assert read(order)["status"] == "Partially Shipped"
    boss("POST", f"/shipments/{gone['id']}/cancel")
    assert quantities(read(order)) == [("0", "0")] * 3
    assert read(order)["status"] == "Approved"
    for shipment in (pending, gone):
        assert boss.refused("POST", f"/shipments/{shipment['id']}/cancel") == "shipment_cancelled"
    assert quantities(read(order)) == [("0", "0")] * 3


def test_an_answer_after_the_cancellation_changes_nothing(sales, boss, make_order, ship, read):
    order = make_order()
    shipment = ship(order)
    boss("POST", f"/shipments/{shipment['id']}/cancel")
    assert sales.hear("stock_answers", posted(shipment)) == ["applied"]
    assert boss.get(f"/shipments/{shipment['id']}")["status"] == "cancelled"
    assert quantities(read(order)) == [("0", "0")] * 3


def test_a_cancelled_order_takes_its_shipments_along_once(sales, boss, make_order, ship, read):
    order = make_order()
    gone, waiting, lacking = ship(order, (0, "3")), ship(order, (1, "1")), ship(order, (2, "1"))
    sales.hear("stock_answers", posted(gone), short(lacking))
    cancelled = boss("POST", f"/sales-orders/{order['id']}/cancel")
    assert cancelled["status"] == "Cancelled"
    assert quantities(cancelled) == [("0", "0")] * 3
    statuses = [boss.get(f"/shipments/{s['id']}")["status"] for s in (gone, waiting, lacking)]
    assert statuses == ["cancelled", "cancelled", "short"]
    for verb in ("cancel", "approve", "ship", "invoice"):
        assert boss.refused("POST", f"/sales-orders/{order['id']}/{verb}") == "order_cancelled"
    facts = [told.split(".")[3] for told in sales.told(gone["id"])]
    assert facts == ["created", "posted", "cancelled"]
    assert read(order) == cancelled
    patched = boss("PATCH", f"/sales-orders/{order['id']}", {"subject": "x"}, status=409)
    assert patched["code"] == "order_cancelled"


def test_lines_keep_what_is_under_way(boss, make_order, ship, read):
    order = make_order()
    ship(order, (0, "4"))
    path = f"/sales-orders/{order['id']}"
    first, second, third = (
        {name: held[name] for name in ("id", "product_id", "quantity", "list_price")}
        for held in order["lines"]
    )
    less = [first | {"quantity": "3.9"}, second, third]
    problem = boss("PATCH", path, {"lines": less}, status=422)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/lines/0/quantity", "below_committed")
    ]
    assert "line 1 has 4" in problem["errors"][0]["detail"]
    gone = boss.invalid("PATCH", path, {"lines": [second]})
    assert gone == [("/lines", "line_in_use")]
    other = boss.invalid("PATCH", path, {"lines": [second, first | {"product_id": SYRUP}]})
    assert other == [("/lines/1/product_id", "line_in_use")]

    changed = boss("PATCH", path, {"lines": [first | {"quantity": "4"}, third]})
    assert [held["id"] for held in changed["lines"]] == [first["id"], third["id"]]
    assert changed["total"] == "92.00"
    assert quantities(changed) == [("4", "0"), ("0", "0")]


def test_the_status_follows_edited_lines(sales, boss, make_order, ship):
    order = make_order(line(CHAI, "2", "18"))
    sales.hear("stock_answers", posted(ship(order)))
    path = f"/sales-orders/{order['id']}"
    held = order["lines"][0]
    kept = {name: held[name] for name in ("id", "product_id", "list_price")}
    assert boss("PATCH", path, {"lines": [kept | {"quantity": "3"}]})["status"] == (
        "Partially Shipped"
    )
    assert boss("PATCH", path, {"lines": [kept | {"quantity": "2"}]})["status"] == "Delivered"


def test_orders_under_way_are_not_deleted(boss, make_order, ship):
    order = make_order()
    path = f"/sales-orders/{order['id']}"
    assert boss("DELETE", path, status=409)["code"] == "order_active"
    shipment = ship(order)
    boss("POST", f"{path}/cancel")
    refusal = boss("DELETE", path, status=409)
    assert (refusal["code"], refusal["used_by"]) == ("record_in_use", ["shipment"])
    assert boss("DELETE", f"/shipments/{shipment['id']}", status=405)["code"]
    draft = make_order(approved=False)
    boss("DELETE", f"/sales-orders/{draft['id']}", status=204)


def test_shipments_come_from_orders_alone_and_keep_their_lines(boss, make_order, ship):
    shipment = ship(make_order())
    assert boss("POST", "/shipments", {"lines": []}, status=405)["code"] == "method_not_allowed"
    path = f"/shipments/{shipment['id']}"
    assert boss("PATCH", path, {"tracking_number": "1Z"})["tracking_number"] == "1Z"
    assert boss.invalid("PATCH", path, {"lines": []}) == [("/lines", "read_only")]
    assert boss.invalid("PATCH", path, {"status": "posted"}) == [("/status", "read_only")]
