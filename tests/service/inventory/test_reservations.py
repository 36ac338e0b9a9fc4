"""Reserved is the open demand of approved sales orders, whatever becomes of them."""

from tests.service.inventory.stockroom import Stockroom, order_of, shipment_of


def test_cancelling_deleting_and_restoring_an_order_moves_its_reservation(
    stockroom: Stockroom,
) -> None:
    chai = stockroom.product("10")
    order = order_of((chai, "4"))
    stockroom.hear(order.told("Approved"))
    deleted = order.told("Approved")
    deleted.data["deleted"] = True
    stockroom.hear(deleted)
    assert stockroom.stock(chai) == ("10", "0", "10")
    stockroom.hear(order.told("Approved"))
    assert stockroom.stock(chai) == ("10", "4", "6")
    stockroom.hear(order.told("Cancelled"))
    assert stockroom.stock(chai) == ("10", "0", "10")
    stockroom.check()


def test_changed_lines_move_the_reservation_to_what_is_asked_now(stockroom: Stockroom) -> None:
    chai, chang, tofu = (stockroom.product("10") for _ in range(3))
    order = order_of((chai, "4"), (chang, "2"))
    stockroom.hear(order.told("Approved"))
    old = [dict(line) for line in order.lines]
    order.lines[0]["product_id"] = tofu
    del order.lines[1]
    stockroom.hear(order.told("Approved", lines=[old, order.lines]))
    assert [stockroom.stock(p)[1] for p in (chai, chang, tofu)] == ["0", "0", "4"]
    stockroom.check()


def test_an_older_version_that_arrives_late_changes_nothing(stockroom: Stockroom) -> None:
    chai = stockroom.product("10")
    order = order_of((chai, "4"))
    approved, cancelled = order.told("Approved"), order.told("Cancelled")
    stockroom.hear(cancelled)
    stockroom.hear(approved)
    assert stockroom.stock(chai) == ("10", "0", "10")
    stockroom.check()


def test_of_one_batch_the_newest_version_of_an_order_counts(stockroom: Stockroom) -> None:
    chai = stockroom.product("10")
    order = order_of((chai, "4"))
    approved, cancelled = order.told("Approved"), order.told("Cancelled")
    stockroom.hear(cancelled, approved)
    assert stockroom.stock(chai) == ("10", "0", "10")


def test_an_order_may_promise_more_than_there_is(stockroom: Stockroom) -> None:
    chai = stockroom.product("10")
    stockroom.hear(order_of((chai, "14")).told("Approved"))
    assert stockroom.stock(chai) == ("10", "14", "-4")


def test_a_delivered_order_holds_nothing_and_a_cancelled_shipment_of_it_reserves_again(
    stockroom: Stockroom,
) -> None:
    chai = stockroom.product("10")
    order = order_of((chai, "4"))
    shipment = shipment_of(order, "4")
    stockroom.hear(order.told("Approved"), shipment.told("pending"))
    stockroom.hear(order.told("Delivered"))
    assert stockroom.stock(chai) == ("6", "0", "6")
    stockroom.hear(shipment.told("cancelled"))
    stockroom.hear(order.told("Approved"))
    assert stockroom.stock(chai) == ("10", "4", "6")
    stockroom.check()


def test_a_write_of_an_order_that_stock_does_not_depend_on_is_not_even_looked_up(
    stockroom: Stockroom,
) -> None:
    chai = stockroom.product("10")
    order = order_of((chai, "4"))
    stockroom.hear(order.told("Created"))
    assert not stockroom.rows("SELECT * FROM sales_order_heard")
    stockroom.hear(order.told("Approved"))
    line = order.lines[0]
    counted = [[{**line, "shipping_quantity": "0"}], [{**line, "shipping_quantity": "4"}]]
    stockroom.hear(order.told("Approved", lines=counted, description=["", "please"]))
    [heard] = stockroom.rows("SELECT version FROM sales_order_heard")
    assert heard.version == 2
    assert stockroom.stock(chai) == ("10", "4", "6")


def test_reservations_are_told_as_changes_of_the_level(stockroom: Stockroom) -> None:
    chai = stockroom.product("10")
    stockroom.hear(order_of((chai, "4")).told("Approved"))
    created, reserved = stockroom.facts("stock_level.*")
    assert created.type == "crm.inventory.stock_level.created.v1"
    assert created.data["record"]["available"] == "10"
    assert reserved.type == "crm.inventory.stock_level.changed.v1"
    assert reserved.data["changes"] == {"reserved": ["0", "4"], "available": ["10", "6"]}
    assert (created.version, reserved.version) == (1, 2)
