"""Products' own rules, and the default warehouse that always exists."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from contracts.errors import Problem
from crmkit.config import Settings
from crmkit.records import recycle, store
from services.inventory import places
from services.inventory.actions.make_default_warehouse import make_default
from services.inventory.entities.product import PRODUCT
from services.inventory.entities.warehouse import WAREHOUSE
from tests.service.inventory.stockroom import Stockroom


def errors_of(stockroom: Stockroom, **fields: object) -> list[tuple[str, str]]:
    with pytest.raises(Problem) as refusal:
        stockroom.create(PRODUCT, name="Chai", **fields)
    return [(e.pointer, e.code) for e in refusal.value.errors]


def test_a_new_product_has_no_stock(stockroom: Stockroom) -> None:
    chai = stockroom.product(reorder_level="10")
    assert stockroom.read(PRODUCT, chai)["stock"] == {
        "on_hand": "0",
        "reserved": "0",
        "available": "0",
        "on_order": "0",
        "reorder_level": "10",
    }


def test_sales_and_support_end_after_they_start(stockroom: Stockroom) -> None:
    days = {"sales_start": "2026-05-02", "sales_end": "2026-05-01"}
    assert errors_of(stockroom, **days) == [("/sales_end", "before_start")]
    days = {"support_start": "2026-05-02", "support_expiry": "2026-05-01"}
    assert errors_of(stockroom, **days) == [("/support_expiry", "before_start")]
    stockroom.product(sales_start="2026-05-02", sales_end="2026-05-02")


def test_prices_name_each_known_currency_once(stockroom: Stockroom) -> None:
    prices = [{"currency": code, "amount": "1"} for code in ("USD", "XXX", "USD")]
    assert errors_of(stockroom, prices=prices) == [
        ("/prices/1/currency", "unknown_currency"),
        ("/prices/2/currency", "duplicate"),
    ]
    chai = stockroom.product(purchase_costs=prices[:1])
    assert stockroom.read(PRODUCT, chai)["purchase_costs"] == [{"currency": "USD", "amount": "1"}]


def test_starting_several_copies_at_once_sets_up_one_default_warehouse(
    stockroom: Stockroom, tmp_path: Path
) -> None:
    settings = Settings.from_env({"TANDEM_VAR": str(tmp_path)})
    with stockroom.database.transaction() as session:
        session.execute(text("DELETE FROM warehouse"))
    with ThreadPoolExecutor(4) as copies:
        with stockroom.database.transaction() as session:
            session.execute(text("LOCK TABLE warehouse IN EXCLUSIVE MODE"))
            started = [copies.submit(places.set_up, stockroom.database, settings) for _ in range(4)]
            stockroom.until_waiting(4)
        for copy in started:
            copy.result()
    assert [tuple(row) for row in stockroom.rows("SELECT name, is_default FROM warehouse")] == [
        ("Main Warehouse", True)
    ]


def test_the_default_moves_to_another_warehouse_and_cannot_be_deleted(
    stockroom: Stockroom,
) -> None:
    north = stockroom.create(WAREHOUSE, name="North")
    stockroom.work(lambda uow: recycle.delete(uow, WAREHOUSE, "WH2"))
    stockroom.work(lambda uow: recycle.restore(uow, WAREHOUSE, north.id))
    for number in ("WH2", "WH1", "WH2", "WH2"):
        stockroom.work(
            lambda uow, n=number: make_default(uow, store.fetch(uow, WAREHOUSE, n, "make_default"))
        )
    rows = stockroom.rows("SELECT number, is_default, version FROM warehouse ORDER BY number")
    assert [tuple(row) for row in rows] == [("WH1", False, 4), ("WH2", True, 6)]
    with pytest.raises(Problem) as refusal:
        stockroom.work(lambda uow: recycle.delete(uow, WAREHOUSE, north.id))
    assert refusal.value.code == "default_warehouse"
    chai = stockroom.product("3")
    [level] = stockroom.rows("SELECT CAST(warehouse_id AS text) FROM stock_level")
    assert level.warehouse_id == north.id
    assert stockroom.stock(chai) == ("3", "0", "3")
