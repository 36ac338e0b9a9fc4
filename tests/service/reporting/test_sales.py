"""The sales report: approved orders, exact to the cent, by month, product, account and owner."""

from decimal import Decimal

import pytest

from services.reporting.actions.records import records
from services.reporting.actions.sales import SalesQuery, sales
from tests.service.reporting.conftest import ANNA, BEN, BOSS, CLARA, event, line, order

ORDER = "01990000-0000-7000-8000-0000000000e1"
OTHER = "01990000-0000-7000-8000-0000000000e2"
CHAI = "01990000-0000-7000-8000-0000000000c1"
TOFU = "01990000-0000-7000-8000-0000000000c2"
ACME = "01990000-0000-7000-8000-0000000000b1"


def rows(answer: dict) -> list[tuple]:
    return [
        (r["label"], r["orders"], str(r["units"]), str(r["shipped_units"]), str(r["amount"]))
        for r in answer["rows"]
    ]


def by(dimension: str) -> SalesQuery:
    return SalesQuery(group_by=dimension)


def test_an_order_counts_once_for_each_product_and_once_in_all(reporting):
    lines = [line(CHAI, "3", "30.00", "1"), line(TOFU, "2", "4.50"), line(CHAI, "1", "9.99")]
    reporting.hear(
        event("product", CHAI, 1, {"number": "PRO1", "name": "Chai", "owner_id": BOSS}),
        event("product", TOFU, 1, {"number": "PRO2", "name": "Tofu", "owner_id": BOSS}),
        event("account", ACME, 1, {"number": "ACC1", "name": "Acme", "owner_id": BEN}),
        event("sales_order", ORDER, 1, order(lines, account=ACME)),
    )
    whole = (1, "6", "1", "44.49")
    assert rows(reporting.ask(sales, by("product"))) == [
        ("Chai", 1, "4", "1", "39.99"),
        ("Tofu", 1, "2", "0", "4.50"),
    ]
    assert rows(reporting.ask(sales, by("account"))) == [("Acme", *whole)]
    assert rows(reporting.ask(sales, by("owner"))) == [("Ben", *whole)]
    assert rows(reporting.ask(sales, by("month"))) == [("2026-02", *whole)]
    for dimension in ("product", "account", "owner", "month"):
        assert reporting.ask(sales, by(dimension))["totals"] == {
            "orders": 1,
            "units": Decimal(6),
            "shipped_units": Decimal(1),
            "amount": Decimal("44.49"),
        }


def test_months_stand_in_their_order_and_an_undated_order_in_that_of_its_creation(reporting):
    reporting.hear(
        event("sales_order", ORDER, 1, order([line(CHAI)], order_date=None)),
        event("sales_order", OTHER, 1, order([line(CHAI)], order_date="1996-07-04")),
    )
    months = [row["key"] for row in reporting.ask(sales, by("month"))["rows"]]
    assert months == ["1996-07", "2026-03"]


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("Created", 0),
        ("Approved", 1),
        ("Partially Shipped", 1),
        ("Delivered", 1),
        ("Cancelled", 0),
    ],
)
def test_only_orders_that_bind_are_sales(reporting, status, counted):
    reporting.hear(event("sales_order", ORDER, 1, order([line(CHAI)], status)))
    assert reporting.ask(sales, by("month"))["totals"]["orders"] == counted


def test_changed_cancelled_deleted_and_restored_orders_leave_right_figures(reporting):
    amounts = []
    states = [
        (order([line(CHAI, "2", "20.00")], "Created"), False),
        (order([line(CHAI, "2", "20.00")]), False),
        (order([line(TOFU, "1", "5.00"), line(CHAI, "1", "9.00", "1")], owner=CLARA), False),
        (order([line(CHAI, "1", "9.00", "1")], "Delivered", owner=CLARA), False),
        (order([line(CHAI, "1", "9.00", "1")], "Cancelled", owner=CLARA), False),
        (order([line(CHAI, "1", "9.00", "1")], "Delivered", owner=CLARA), True),
        (order([line(CHAI, "1", "9.00", "1")], "Delivered", owner=CLARA), False),
    ]
    for version, (state, deleted) in enumerate(states, 1):
        reporting.hear(event("sales_order", ORDER, version, state, deleted=deleted))
        answer = reporting.ask(sales, by("product"))
        amounts.append({row["key"]: str(row["amount"]) for row in answer["rows"]})
    assert amounts == [
        {},
        {CHAI: "20.00"},
        {CHAI: "9.00", TOFU: "5.00"},
        {CHAI: "9.00"},
        {},
        {},
        {CHAI: "9.00"},
    ]
    assert [row["label"] for row in reporting.ask(sales, by("owner"))["rows"]] == ["Clara"]


def test_foreign_amounts_are_divided_by_their_own_rate_and_only_the_sum_is_rounded(reporting):
    lines = [line(CHAI, "1", "10.00")]
    reporting.hear(
        event("sales_order", ORDER, 1, order(lines, conversion_rate="3")),
        event("sales_order", OTHER, 1, order(lines, conversion_rate="3")),
    )
    assert reporting.ask(sales, by("month"))["totals"]["amount"] == Decimal("6.67")


def test_everybody_sees_their_own_and_what_is_below_them(reporting):
    reporting.hear(
        event("sales_order", ORDER, 1, order([line(CHAI)], owner=BEN)),
        event("sales_order", OTHER, 1, order([line(CHAI)], owner=ANNA)),
    )
    seen = {
        user_id: reporting.ask(sales, by("product"), user_id=user_id)["totals"]["orders"]
        for user_id in (BOSS, ANNA, BEN, CLARA)
    }
    assert seen == {BOSS: 2, ANNA: 2, BEN: 1, CLARA: 0}


def test_records_are_counted_by_entity_for_whoever_sees_them(reporting):
    tofu = {"number": "PRO2", "name": "Tofu", "owner_id": BEN}
    reporting.hear(
        event("sales_order", ORDER, 1, order([line(CHAI)], "Created", owner=ANNA)),
        event("product", CHAI, 1, {"number": "PRO1", "name": "Chai", "owner_id": BEN}),
        event("warehouse", ACME, 1, {"number": "WAR1", "name": "Main"}),
        event("product", TOFU, 1, tofu),
        event("product", TOFU, 2, tofu, deleted=True),
    )

    def counts(user_id):
        found = reporting.ask(records, user_id=user_id)["rows"]
        return {row["entity"]: row["records"] for row in found}

    assert counts(BOSS) == {"product": 1, "sales_order": 1, "warehouse": 1}
    assert counts(BEN) == {"product": 1, "warehouse": 1}
