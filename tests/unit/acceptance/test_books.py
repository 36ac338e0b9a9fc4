"""The books: every expected figure, reckoned from the files alone."""

from decimal import Decimal
from pathlib import Path

from tandem.acceptance.books import Books
from tests.unit.northwind import small_company


def test_the_books_of_a_small_company(tmp_path: Path) -> None:
    books = Books.of(small_company.write(tmp_path))
    assert books.rows == {
        "users": 3,
        "vendors": 2,
        "products": 2,
        "accounts": 2,
        "contacts": 2,
        "sales-orders": 3,
    }
    assert books.on_hand == {"Outback Lager": 15, "Konbu": 24}
    assert books.reserved == {"Outback Lager": 0, "Konbu": 20}
    # 15 is below 30; 24 less the 20 on order is below 5.
    assert books.low == {"Outback Lager", "Konbu"}
    assert (books.orders, books.shipped_orders) == (3, 2)
    assert (books.units, books.shipped_units) == (60, 40)
    assert books.freight == Decimal("74.36")
    # 7.70 x 25 less 15 % is 163.625: half a cent goes up.
    assert books.by_product == {
        "Outback Lager": Decimal("163.63"),
        "Konbu": Decimal("98.00") + Decimal("46.55") + Decimal("196.00"),
    }
    assert books.line_total == Decimal("504.18")
    assert books.by_account == {"Hanari Carnes": Decimal("504.18")}
    assert books.by_owner == {
        "Nancy Davolio": Decimal("457.63"),
        "Janet Leverling": Decimal("46.55"),
    }
    assert books.by_month == {"1996-07": Decimal("308.18"), "1998-05": Decimal("196.00")}


def test_enough_stock_is_not_low(tmp_path: Path) -> None:
    changed = ("42,Konbu,6,1,2 kg box,6.00,24", "42,Konbu,6,1,2 kg box,6.00,25")
    assert Books.of(small_company.write(tmp_path, products=changed)).low == {"Outback Lager"}
