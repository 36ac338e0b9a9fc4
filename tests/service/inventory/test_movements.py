"""Stock movements by hand: openings, counts, corrections; written once."""

import pytest

from contracts.errors import Problem
from crmkit.records import recycle, store
from crmkit.records.writing import external_ids
from services.inventory.entities.stock_level import STOCK_LEVEL
from services.inventory.entities.stock_movement import STOCK_MOVEMENT
from services.inventory.entities.warehouse import WAREHOUSE
from tests.service.inventory.stockroom import Stockroom, order_of


def test_a_movement_changes_what_is_on_hand_and_says_what_is_there_now(
    stockroom: Stockroom,
) -> None:
    chai = stockroom.product("10")
    movement = stockroom.move(chai, "-2.5", "count", note="two and a half were broken")
    assert movement.balance == 7.5
    assert stockroom.stock(chai) == ("7.5", "0", "7.5")
    [opening, count] = stockroom.facts("stock_movement.created")
    assert opening.data["record"]["balance"] == "10"
    assert count.data["record"]["note"] == "two and a half were broken"
    stockroom.check()


def test_levels_are_kept_for_each_warehouse(stockroom: Stockroom) -> None:
    north = stockroom.create(WAREHOUSE, name="North")
    chai = stockroom.product("10")
    stockroom.move(chai, "3", "opening", warehouse_id=north.id)
    [main] = stockroom.rows("SELECT CAST(id AS text) FROM warehouse WHERE is_default")
    levels = stockroom.rows(
        "SELECT CAST(warehouse_id AS text), on_hand, CAST(id AS text) FROM stock_level ORDER BY id"
    )
    assert [(r.warehouse_id, r.on_hand) for r in levels] == [(main.id, 10), (north.id, 3)]
    stockroom.hear(order_of((chai, "4")).told("Approved"))
    here = stockroom.read(STOCK_LEVEL, levels[0].id)
    assert (here["on_hand"], here["reserved"], here["available"], here["version"]) == (10, 4, 6, 2)
    assert stockroom.stock(chai) == ("13", "4", "9")


def test_no_more_can_be_taken_by_hand_than_is_there(stockroom: Stockroom) -> None:
    chai = stockroom.product("2")
    with pytest.raises(Problem) as refusal:
        stockroom.move(chai, "-3", "correction")
    assert (refusal.value.status, refusal.value.code) == (409, "insufficient_stock")
    assert refusal.value.extra == {"on_hand": "2"}
    assert stockroom.stock(chai) == ("2", "0", "2")


@pytest.mark.parametrize(
    ("quantity", "reason", "expected"),
    [("0", "correction", ("/quantity", "zero")), ("1", "shipment", ("/reason", "reserved"))],
)
def test_what_cannot_be_entered_by_hand(
    stockroom: Stockroom, quantity: str, reason: str, expected: tuple[str, str]
) -> None:
    chai = stockroom.product()
    with pytest.raises(Problem) as refusal:
        stockroom.move(chai, quantity, reason)
    assert [(e.pointer, e.code) for e in refusal.value.errors] == [expected]


def test_an_opening_of_nothing_is_recorded(stockroom: Stockroom) -> None:
    chai = stockroom.product()
    assert stockroom.move(chai, "0", "opening").balance == 0


def test_an_import_repeated_moves_nothing_again(stockroom: Stockroom) -> None:
    chai = stockroom.product()
    payload = {"product_id": chai, "quantity": "39", "reason": "opening"}
    outcomes = [
        stockroom.work(
            lambda uow: external_ids.upsert(uow, STOCK_MOVEMENT, "northwind", "1", payload)
        )[1]
        for _ in range(2)
    ]
    assert outcomes == ["created", "unchanged"]
    assert stockroom.stock(chai) == ("39", "0", "39")


def test_movements_and_levels_are_not_edited(stockroom: Stockroom) -> None:
    movement = stockroom.move(stockroom.product(), "1", "opening")
    [level] = stockroom.rows("SELECT CAST(id AS text) FROM stock_level")
    for entity, key in ((STOCK_MOVEMENT, movement.id), (STOCK_LEVEL, level.id)):
        for change in (
            lambda uow, e=entity, k=key: store.patch(uow, e, k, {}),
            lambda uow, e=entity, k=key: recycle.delete(uow, e, k),
        ):
            with pytest.raises(Problem) as refusal:
                stockroom.work(change)
            assert refusal.value.status == 405
