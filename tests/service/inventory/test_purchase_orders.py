"""Purchase orders: approved they are expected, received they are stock, cancelled they go back."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.errors import Problem
from crmkit.records import recycle, store
from crmkit.unit_of_work import UnitOfWork
from services.inventory.actions.approve_purchase_order import approve
from services.inventory.actions.cancel_purchase_order import cancel
from services.inventory.actions.receive_purchase_order import Receipt, receive
from services.inventory.entities.product import PRODUCT
from services.inventory.entities.purchase_order import PURCHASE_ORDER, PurchaseOrder
from services.inventory.entities.vendor import VENDOR
from services.inventory.entities.warehouse import WAREHOUSE
from tests.service.inventory.stockroom import Stockroom, order_of, shipment_of


def buy(stockroom: Stockroom, *lines: tuple[str, str]) -> PurchaseOrder:
    """A purchase order of (product id, quantity) lines at 2.50 each."""
    vendor = stockroom.create(VENDOR, name="Exotic Liquids")
    order: PurchaseOrder = stockroom.create(
        PURCHASE_ORDER,
        subject="Tea",
        vendor_id=vendor.id,
        lines=[{"product_id": p, "quantity": q, "list_price": "2.50"} for p, q in lines],
    )
    return order


def act(stockroom: Stockroom, verb: str, order: PurchaseOrder, **receipt: Any) -> PurchaseOrder:
    def do(uow: UnitOfWork) -> PurchaseOrder:
        record = store.fetch(uow, PURCHASE_ORDER, order.id, verb)
        if verb == "receive":
            return receive(uow, record, Receipt(**receipt))
        return {"approve": approve, "cancel": cancel}[verb](uow, record)

    changed: PurchaseOrder = stockroom.work(do)
    return changed


def on_order(stockroom: Stockroom, product_id: str) -> str:
    expected: str = stockroom.read(PRODUCT, product_id)["stock"]["on_order"]
    return expected


def refusal_of(stockroom: Stockroom, verb: str, order: PurchaseOrder, **receipt: Any) -> Problem:
    with pytest.raises(Problem) as refusal:
        act(stockroom, verb, order, **receipt)
    return refusal.value


def test_totals_are_computed_and_what_is_not_paid_is_the_balance(stockroom: Stockroom) -> None:
    order = buy(stockroom, (stockroom.product(), "4"))
    assert (order.number, order.status, order.currency) == ("PO1", "Created", "USD")
    assert (order.total, order.paid, order.balance) == (Decimal("10.00"), 0, Decimal("10.00"))
    paid = stockroom.work(lambda uow: store.patch(uow, PURCHASE_ORDER, order.id, {"paid": "4"}))
    assert paid.balance == 6


def test_approved_is_on_order_and_received_is_on_hand(stockroom: Stockroom) -> None:
    chai, chang = stockroom.product("1"), stockroom.product()
    order = buy(stockroom, (chai, "10"), (chang, "4"))
    assert on_order(stockroom, chai) == "0"
    act(stockroom, "approve", order)
    assert on_order(stockroom, chai) == "10"
    line = order.lines[0]
    partly = act(stockroom, "receive", order, lines=[{"line_id": line.id, "quantity": "6"}])
    assert partly.status == "Partially Received"
    assert (stockroom.stock(chai)[0], on_order(stockroom, chai)) == ("7", "4")
    [level] = stockroom.rows("SELECT CAST(id AS text) FROM stock_level WHERE on_hand = 7")
    assert (
        stockroom.work(lambda uow: store.read(uow, uow.entities["stock_level"], level.id))[
            "on_order"
        ]
        == 4
    )
    whole = act(stockroom, "receive", order)
    assert whole.status == "Received Shipment"
    assert [row.received_quantity for row in whole.lines] == [10, 4]
    assert (stockroom.stock(chai)[0], stockroom.stock(chang)[0]) == ("11", "4")
    assert on_order(stockroom, chai) == "0"
    assert [event.type.split(".")[3] for event in stockroom.facts("purchase_order.*")] == [
        "created",
        "approved",
        "received",
        "received",
    ]
    stockroom.check()


def test_goods_may_come_into_another_warehouse(stockroom: Stockroom) -> None:
    north = stockroom.create(WAREHOUSE, name="North")
    order = buy(stockroom, (stockroom.product(), "4"))
    act(stockroom, "approve", order)
    act(stockroom, "receive", order, warehouse_id=north.id)
    [level] = stockroom.rows("SELECT CAST(warehouse_id AS text), on_hand FROM stock_level")
    assert (level.warehouse_id, level.on_hand) == (north.id, 4)


def test_only_what_is_expected_can_be_received(stockroom: Stockroom) -> None:
    chai = stockroom.product()
    order = buy(stockroom, (chai, "10"))
    line = order.lines[0].id
    assert refusal_of(stockroom, "receive", order).code == "not_expected"
    act(stockroom, "approve", order)
    assert refusal_of(stockroom, "approve", order).code == "not_approvable"
    errors = refusal_of(
        stockroom,
        "receive",
        order,
        lines=[
            {"line_id": line, "quantity": "6"},
            {"line_id": line, "quantity": "5"},
            {"line_id": order.id, "quantity": "1"},
        ],
    ).errors
    assert [(e.pointer, e.code) for e in errors] == [
        ("/lines/1/quantity", "too_much"),
        ("/lines/2/line_id", "unknown_line"),
    ]
    nowhere = refusal_of(stockroom, "receive", order, warehouse_id=order.id)
    assert [(e.pointer, e.code) for e in nowhere.errors] == [("/warehouse_id", "dangling_link")]
    assert stockroom.stock(chai)[0] == "0"
    empty = buy(stockroom)
    assert refusal_of(stockroom, "approve", empty).code == "no_lines"


def test_cancelling_sends_back_what_came_once(stockroom: Stockroom) -> None:
    chai = stockroom.product("1")
    order = buy(stockroom, (chai, "10"))
    act(stockroom, "approve", order)
    for quantity in ("6", "3"):
        lines = [{"line_id": order.lines[0].id, "quantity": quantity}]
        act(stockroom, "receive", order, lines=lines)
    cancelled = act(stockroom, "cancel", order)
    assert (cancelled.status, cancelled.lines[0].received_quantity) == ("Cancelled", 0)
    assert (stockroom.stock(chai)[0], on_order(stockroom, chai)) == ("1", "0")
    assert refusal_of(stockroom, "cancel", order).code == "already_cancelled"
    assert refusal_of(stockroom, "receive", order).code == "not_expected"
    stockroom.check()


def test_what_has_left_again_cannot_be_sent_back(stockroom: Stockroom) -> None:
    chai = stockroom.product()
    order = buy(stockroom, (chai, "10"))
    act(stockroom, "approve", order)
    act(stockroom, "receive", order)
    stockroom.hear(shipment_of(order_of((chai, "3")), "3").told("pending"))
    refusal = refusal_of(stockroom, "cancel", order)
    assert refusal.code == "insufficient_stock"
    assert [(m["quantity"], m["on_hand"]) for m in refusal.extra["missing"]] == [("10", "7")]
    assert stockroom.stock(chai)[0] == "7"
    stockroom.check()


def test_a_received_order_is_not_deleted_and_its_lines_cover_what_came(
    stockroom: Stockroom,
) -> None:
    chai, chang = stockroom.product(), stockroom.product()
    order = buy(stockroom, (chai, "10"), (chang, "5"))
    act(stockroom, "approve", order)
    line = order.lines[0].id
    act(stockroom, "receive", order, lines=[{"line_id": line, "quantity": "6"}])
    with pytest.raises(Problem) as refusal:
        stockroom.work(lambda uow: recycle.delete(uow, PURCHASE_ORDER, order.id))
    assert refusal.value.code == "order_received"
    assert edit(stockroom, order, (line, chai, "5")) == [("/lines/0/quantity", "received")]
    assert edit(stockroom, order, (line, chang, "6")) == [("/lines/0/product_id", "received")]
    assert edit(stockroom, order, (None, chang, "5")) == [("/lines", "received")]
    assert edit(stockroom, order, (line, chai, "6")) == []
    assert stockroom.read(PURCHASE_ORDER, order.id)["status"] == "Received Shipment"
    assert edit(stockroom, order, (line, chai, "8")) == []
    assert stockroom.read(PURCHASE_ORDER, order.id)["status"] == "Partially Received"
    assert on_order(stockroom, chai) == "2"


def edit(
    stockroom: Stockroom, order: PurchaseOrder, *lines: tuple[str | None, str, str]
) -> list[tuple[str, str]]:
    """The errors of setting the order's lines to these (line id, product id, quantity)."""
    rows = [
        {"product_id": product_id, "quantity": quantity, "list_price": "2.50"}
        | ({"id": line_id} if line_id else {})
        for line_id, product_id, quantity in lines
    ]
    try:
        stockroom.work(lambda uow: store.patch(uow, PURCHASE_ORDER, order.id, {"lines": rows}))
    except Problem as problem:
        return [(e.pointer, e.code) for e in problem.errors]
    return []


def test_a_deleted_order_is_not_expected(stockroom: Stockroom) -> None:
    chai = stockroom.product()
    order = buy(stockroom, (chai, "10"))
    act(stockroom, "approve", order)
    stockroom.work(lambda uow: recycle.delete(uow, PURCHASE_ORDER, order.id))
    assert on_order(stockroom, chai) == "0"
    stockroom.work(lambda uow: recycle.restore(uow, PURCHASE_ORDER, order.id))
    assert on_order(stockroom, chai) == "10"
