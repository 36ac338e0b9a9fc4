"""The checks: a figure that differs is seen, and shown as what it is and what it should be."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tandem.acceptance.books import Books
from tandem.acceptance.checks import all_checks
from tests.unit.northwind import small_company

MAIL = b"Subject: Low stock: %s\r\n\r\nDear Andrew Fuller,\r\n"


class RightSuite:
    """Answers as a suite into which the small company was poured without a mistake."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.report_amount = Decimal(0)

    def each(self, plural: str, **query: Any) -> Iterator[dict[str, Any]]:
        if plural == "products":
            for name, on_hand in self.books.on_hand.items():
                stock = {"on_hand": f"{on_hand}", "reserved": f"{self.books.reserved[name]}"}
                yield {"id": f"id of {name}", "name": name, "stock": stock}
        elif plural == "emails":
            assert query == {"filter[related_entity]": "product"}
            for name in sorted(self.books.low):
                yield {"related_id": f"id of {name}", "status": "sent"}
        else:
            yield from ({"id": key} for key in ("10250", "10251", "11077"))

    def get(self, path: str, **query: Any) -> Any:
        _, plural, *rest = path.split("/")
        if plural == "shipments":
            return {"count": 2}
        if plural == "reports":
            return self._report(query["group_by"])
        if not rest:
            assert query["filter[source]"] == "IMPORT"
            return {"count": self.books.rows[plural]}
        lines = {
            "10250": (("163.63", "25", "25"), ("98.00", "10", "10")),
            "10251": (("46.55", "5", "5"),),
            "11077": (("196.00", "20", "0"),),
        }[rest[0]]
        names = ("after_discount", "quantity", "shipped_quantity")
        return {
            "status": "Approved" if rest[0] == "11077" else "Delivered",
            "charges_total": {"10250": "65.83", "10251": "0.00", "11077": "8.53"}[rest[0]],
            "lines": [dict(zip(names, line, strict=True)) for line in lines],
        }

    def _report(self, group: str) -> dict[str, Any]:
        rows = [
            {"key": name, "label": name, "amount": str(amount), "units": "0", "shipped_units": "0"}
            for name, amount in getattr(self.books, f"by_{group}").items()
        ]
        rows[0] |= {"units": "60", "shipped_units": "40"}
        rows[0]["amount"] = str(Decimal(rows[0]["amount"]) + self.report_amount)
        return {"rows": rows, "totals": {"amount": str(self.books.line_total)}}


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books.of(small_company.write(tmp_path))


@pytest.fixture
def outbox(tmp_path: Path, books: Books) -> Path:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    for number, name in enumerate(books.low):
        (outbox / f"{number}.eml").write_bytes(MAIL % name.encode())
    return outbox


def wrong(suite: Any, books: Books, outbox: Path) -> dict[str, tuple[str, str]]:
    found = {c.what: c for c in all_checks(suite, books, outbox)}
    return {what: (c.expected, c.seen) for what, c in found.items() if not c.passed}


def test_a_right_suite_passes(books: Books, outbox: Path) -> None:
    assert wrong(RightSuite(books), books, outbox) == {}


def test_a_wrong_stock_names_the_product(books: Books, outbox: Path) -> None:
    other = replace(books, on_hand={**books.on_hand, "Konbu": 25})
    assert wrong(RightSuite(books), other, outbox) == {
        "on hand of each product": ("2 right", "1 wrong (Konbu: 24 for 25)")
    }


def test_a_cent_in_a_report_is_seen(books: Books, outbox: Path) -> None:
    suite = RightSuite(books)
    suite.report_amount = Decimal("0.01")
    found = wrong(suite, books, outbox)
    assert found["report by month: amount"] == ("504.18", "504.19")
    assert found["report by owner: each row"][1].startswith("1 wrong (Nancy Davolio: 457.64")
    assert len(found) == 8


def test_a_notice_too_many_and_a_mail_too_few_are_seen(books: Books, outbox: Path) -> None:
    fewer = replace(books, low=frozenset({"Konbu"}))
    (outbox / "0.eml").unlink()
    found = wrong(RightSuite(books), fewer, outbox)
    assert found["low-stock notices"] == ("1 right", "1 wrong (Outback Lager: 1 for None)")
    assert found["low-stock mails sent"] == ("1", "2")
    assert wrong(RightSuite(books), books, outbox).keys() == {"mails in the outbox"}
