"""Shipments take stock whole or not at all, once, and give back what they took, once."""

import sqlalchemy

from tests.service.inventory.stockroom import WHO, Stockroom, order_of, shipment_of


def test_an_approved_order_reserves_and_its_shipment_turns_that_into_movements(
    stockroom: Stockroom,
) -> None:
    chai, chang = stockroom.product("100"), stockroom.product("40", name="Chang")
    order = order_of((chai, "10"), (chang, "2.5"))
    stockroom.hear(order.told("Created"))
    assert stockroom.stock(chai) == ("100", "0", "100")
    stockroom.hear(order.told("Approved"))
    assert stockroom.stock(chai) == ("100", "10", "90")
    assert stockroom.stock(chang) == ("40", "2.5", "37.5")
    shipment = shipment_of(order, "4", "2.5")
    stockroom.hear(shipment.told("pending"))
    assert stockroom.stock(chai) == ("96", "6", "90")
    assert stockroom.stock(chang) == ("37.5", "0", "37.5")
    [posted] = stockroom.facts("stock.posted")
    assert (posted.subject, posted.version, posted.actor) == (shipment.id, 1, WHO)
    [warehouse] = stockroom.rows("SELECT CAST(id AS text) FROM warehouse")
    assert posted.data == {
        "sales_order_id": order.id,
        "warehouse_id": warehouse.id,
        "lines": [
            {
                "line_id": shipment.lines[0]["id"],
                "order_line_id": order.lines[0]["id"],
                "product_id": chai,
                "quantity": "4",
            },
            {
                "line_id": shipment.lines[1]["id"],
                "order_line_id": order.lines[1]["id"],
                "product_id": chang,
                "quantity": "2.5",
            },
        ],
    }
    stockroom.check()


def test_a_shipment_takes_nothing_when_one_of_its_lines_is_short(stockroom: Stockroom) -> None:
    chai, chang = stockroom.product("10"), stockroom.product("3", name="Chang")
    order = order_of((chai, "5"), (chang, "2"), (chang, "2"))
    shipment = shipment_of(order, "5", "2", "2")
    stockroom.hear(order.told("Approved"), shipment.told("pending"))
    assert stockroom.stock(chai) == ("10", "5", "5")
    assert stockroom.stock(chang) == ("3", "4", "-1")
    assert not stockroom.facts("stock.posted")
    [short] = stockroom.facts("stock.short")
    assert short.subject == shipment.id
    assert [(line["quantity"], line["on_hand"]) for line in short.data["missing"]] == [
        ("2", "3"),
        ("2", "3"),
    ]
    stockroom.hear(shipment.told("cancelled"))
    assert not stockroom.facts("stock.released")
    stockroom.check()


def test_cancelling_puts_back_what_was_taken_and_only_once(stockroom: Stockroom) -> None:
    chai = stockroom.product("10")
    order = order_of((chai, "6"))
    shipment = shipment_of(order, "6")
    stockroom.hear(order.told("Approved"))
    pending = shipment.told("pending")
    stockroom.hear(pending, stockroom.again(pending))
    assert stockroom.stock(chai) == ("4", "0", "4")
    cancelled = shipment.told("cancelled")
    stockroom.hear(cancelled)
    stockroom.hear(stockroom.again(cancelled), stockroom.again(pending))
    assert stockroom.stock(chai) == ("10", "6", "4")
    [released] = stockroom.facts("stock.released")
    assert (released.subject, released.version) == (shipment.id, 2)
    assert released.data["lines"][0]["quantity"] == "6"
    assert len(stockroom.facts("stock.posted")) == 1
    stockroom.check()


def test_a_shipment_cancelled_before_it_was_heard_of_is_never_posted(
    stockroom: Stockroom,
) -> None:
    chai = stockroom.product("10")
    shipment = shipment_of(order_of((chai, "6")), "6")
    pending, cancelled = shipment.told("pending"), shipment.told("cancelled")
    stockroom.hear(cancelled)
    stockroom.hear(pending)
    assert stockroom.stock(chai) == ("10", "0", "10")
    assert not stockroom.facts("stock.*")


def test_a_shipment_heard_before_its_order_counts_once_the_order_is_heard(
    stockroom: Stockroom,
) -> None:
    chai = stockroom.product("10")
    order = order_of((chai, "6"))
    stockroom.hear(shipment_of(order, "4").told("pending"))
    assert stockroom.stock(chai) == ("6", "0", "6")
    stockroom.hear(order.told("Approved"))
    assert stockroom.stock(chai) == ("6", "2", "4")
    stockroom.check()


def test_shipments_of_one_batch_share_what_there_is_in_turn(stockroom: Stockroom) -> None:
    chai = stockroom.product("10")
    shipments = [shipment_of(order_of((chai, "4")), "4") for _ in range(3)]
    stockroom.hear(*(shipment.told("pending") for shipment in shipments))
    assert [f.subject for f in stockroom.facts("stock.posted")] == [s.id for s in shipments[:2]]
    assert [f.subject for f in stockroom.facts("stock.short")] == [shipments[2].id]
    assert stockroom.stock(chai) == ("2", "0", "2")
    stockroom.check()


def test_a_hundred_shipments_take_a_handful_of_statements(stockroom: Stockroom) -> None:
    products = [stockroom.product("1000") for _ in range(5)]
    events = [
        shipment_of(order_of(*((p, "1") for p in products)), *"11111").told("pending")
        for _ in range(100)
    ]
    statements: list[str] = []
    listener = ("after_cursor_execute", lambda _c, _u, sql, *_: statements.append(sql))
    sqlalchemy.event.listen(stockroom.database.engine, *listener)
    stockroom.hear(*events)
    sqlalchemy.event.remove(stockroom.database.engine, *listener)
    assert len(statements) == 8
    assert [stockroom.stock(p) for p in products] == [("900", "0", "900")] * 5
    stockroom.check()


def test_a_deleted_shipment_gives_back_what_it_took(stockroom: Stockroom) -> None:
    chai = stockroom.product("10")
    shipment = shipment_of(order_of((chai, "6")), "6")
    stockroom.hear(shipment.told("pending"))
    deleted = shipment.told("posted")
    deleted.data["deleted"] = True
    stockroom.hear(deleted)
    assert stockroom.stock(chai) == ("10", "0", "10")
