"""The handler of a product is told once when it falls below its reorder level."""

from typing import Any

from crmkit.records import recycle, store
from services.inventory.entities.product import PRODUCT
from tests.service.inventory.stockroom import BUYER, WHO, Stockroom, order_of, shipment_of


def told(stockroom: Stockroom) -> list[str]:
    return [event.data["available"] for event in stockroom.facts("stock.low")]


def test_a_notice_says_which_product_whose_and_how_much_is_left(stockroom: Stockroom) -> None:
    chai = stockroom.product("12", name="Chai", reorder_level="10")
    stockroom.hear(order_of((chai, "2")).told("Approved"))
    assert told(stockroom) == []
    stockroom.hear(order_of((chai, "0.5")).told("Approved"))
    [low] = stockroom.facts("stock.low")
    assert low.subject == chai
    assert low.data == {
        "product_id": chai,
        "number": "PRO1",
        "name": "Chai",
        "owner_id": BUYER.user_id,
        "available": "9.5",
        "reorder_level": "10",
    }


def test_there_is_one_notice_for_each_crossing(stockroom: Stockroom) -> None:
    chai = stockroom.product("12", reorder_level="10")
    order = order_of((chai, "4"))
    shipment = shipment_of(order, "4")
    stockroom.hear(order.told("Approved"))
    stockroom.hear(shipment.told("pending"))
    stockroom.hear(order_of((chai, "1")).told("Approved"))
    assert told(stockroom) == ["8"]
    stockroom.move(chai, "2", "count")
    assert told(stockroom) == ["8"]
    stockroom.move(chai, "1", "count")
    stockroom.move(chai, "-1", "count")
    assert told(stockroom) == ["8", "9"]


def test_stock_that_comes_in_is_never_a_reason_for_a_notice(stockroom: Stockroom) -> None:
    chai = stockroom.product("3", reorder_level="10")
    assert told(stockroom) == []
    stockroom.move(chai, "-1", "correction")
    assert told(stockroom) == ["2"]


def test_a_product_without_a_reorder_level_is_never_low(stockroom: Stockroom) -> None:
    chai = stockroom.product("3")
    stockroom.move(chai, "-3", "correction")
    assert told(stockroom) == []


def test_a_lower_reorder_level_ends_the_low_and_the_next_crossing_is_told(
    stockroom: Stockroom,
) -> None:
    chai = stockroom.product("12", reorder_level="10")
    stockroom.move(chai, "-4", "correction")
    change(stockroom, chai, reorder_level="5")
    stockroom.move(chai, "-4", "correction")
    assert told(stockroom) == ["8", "4"]
    change(stockroom, chai, reorder_level="4.5")
    stockroom.move(chai, "-1", "correction")
    assert told(stockroom) == ["8", "4"]
    change(stockroom, chai, reorder_level=None)
    change(stockroom, chai, reorder_level="4")
    stockroom.move(chai, "-1", "correction")
    assert told(stockroom) == ["8", "4", "2"]


def change(stockroom: Stockroom, product_id: str, **fields: Any) -> None:
    stockroom.work(lambda uow: store.patch(uow, PRODUCT, product_id, fields))


def test_a_product_in_the_recycle_bin_raises_no_notice(stockroom: Stockroom) -> None:
    chai = stockroom.product("12", reorder_level="10")
    stockroom.work(lambda uow: recycle.delete(uow, PRODUCT, chai))
    stockroom.hear(shipment_of(order_of((chai, "6")), "6").told("pending"))
    assert told(stockroom) == []
    assert [event.actor for event in stockroom.facts("stock.posted")] == [WHO]
