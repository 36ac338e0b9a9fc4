"""Compares what the suite says through its API with what the books say; every difference shows."""

import email
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from email import policy
from pathlib import Path
from typing import Any

from tandem.acceptance.books import Books
from tandem.client import Client

_SETTLE_SECONDS = 120.0
_LOOK_AGAIN_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One figure: what the books say and what was seen, as people compare them."""

    what: str
    expected: str
    seen: str

    @property
    def passed(self) -> bool:
        """Whether they agree."""
        return self.expected == self.seen


def settled(client: Client, books: Books, outbox: Path) -> list[Check]:
    """All checks, once they pass or as they stand when events have had time enough to arrive."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        checks = list(all_checks(client, books, outbox))
        if all(check.passed for check in checks) or time.monotonic() > deadline:
            return checks
        time.sleep(_LOOK_AGAIN_AFTER)


def all_checks(client: Client, books: Books, outbox: Path) -> Iterator[Check]:
    """Every figure of the acceptance, read afresh."""
    products = list(client.each("products"))
    yield from _records(client, books)
    yield from _stock(products, books)
    yield from _sales(client, books)
    yield from _reports(client, books)
    yield from _notices(client, products, books, outbox)


def _records(client: Client, books: Books) -> Iterator[Check]:
    for plural, expected in books.rows.items():
        query = {"filter[source]": "IMPORT", "limit": 1, "count": "exact"}
        seen = client.get(f"/{plural}", **query)["count"]
        yield Check(plural, str(expected), str(seen))


def _stock(products: list[dict[str, Any]], books: Books) -> Iterator[Check]:
    for figure, expected in (("on_hand", books.on_hand), ("reserved", books.reserved)):
        seen = {p["name"]: int(Decimal(p["stock"][figure])) for p in products}
        yield _mapping(f"{figure.replace('_', ' ')} of each product", expected, seen)


def _sales(client: Client, books: Books) -> Iterator[Check]:
    amounts, shipped, units = Decimal(0), Decimal(0), Decimal(0)
    statuses: Counter[str] = Counter()
    freight = Decimal(0)
    for order in client.each("sales-orders", fields="status"):
        whole = client.get(f"/sales-orders/{order['id']}")
        statuses[whole["status"]] += 1
        freight += Decimal(whole["charges_total"])
        for line in whole["lines"]:
            amounts += Decimal(line["after_discount"])
            units += Decimal(line["quantity"])
            shipped += Decimal(line["shipped_quantity"])
    yield Check("orders delivered", str(books.shipped_orders), str(statuses["Delivered"]))
    waiting = books.orders - books.shipped_orders
    yield Check("orders approved, waiting", str(waiting), str(statuses["Approved"]))
    yield Check("units ordered", str(books.units), _number(units))
    yield Check("units shipped", str(books.shipped_units), _number(shipped))
    yield Check("line totals", str(books.line_total), str(amounts))
    yield Check("freight", str(books.freight), str(freight))
    posted = client.get("/shipments", limit=1, count="exact", **{"filter[status]": "posted"})
    yield Check("shipments posted", str(books.shipped_orders), str(posted["count"]))


def _reports(client: Client, books: Books) -> Iterator[Check]:
    expected_rows = {
        "month": books.by_month,
        "product": books.by_product,
        "account": books.by_account,
        "owner": books.by_owner,
    }
    for group, rows_expected in expected_rows.items():
        report = client.get("/reports/sales", group_by=group)
        rows, totals = report["rows"], report["totals"]
        amount = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
        yield Check(f"report by {group}: amount", str(books.line_total), f"{amount:.2f}")
        seen = Decimal(totals["amount"])
        yield Check(f"report by {group}: total", str(books.line_total), f"{seen:.2f}")
        for what, expected in (("units", books.units), ("shipped_units", books.shipped_units)):
            count = sum((Decimal(row[what]) for row in rows), Decimal(0))
            name = what.replace("_", " ")
            yield Check(f"report by {group}: {name}", str(expected), _number(count))
        named = "key" if group == "month" else "label"
        found = {row[named]: Decimal(row["amount"]) for row in rows}
        yield _mapping(f"report by {group}: each row", rows_expected, found)


def _notices(
    client: Client, products: list[dict[str, Any]], books: Books, outbox: Path
) -> Iterator[Check]:
    """One mail for each product that is low, to its handler, and one file for each mail."""
    names = {product["id"]: product["name"] for product in products}
    query = {"filter[related_entity]": "product"}
    mails = list(client.each("emails", **query))
    noticed = Counter(names.get(mail["related_id"], mail["related_id"]) for mail in mails)
    expected = dict.fromkeys(books.low, 1)
    yield _mapping("low-stock notices", expected, noticed)
    sent = sum(mail["status"] == "sent" for mail in mails)
    yield Check("low-stock mails sent", str(len(books.low)), str(sent))
    files = Counter(_subject(path) for path in outbox.glob("*.eml"))
    yield _mapping("mails in the outbox", {f"Low stock: {n}": 1 for n in books.low}, files)


def _subject(path: Path) -> str:
    return str(email.message_from_bytes(path.read_bytes(), policy=policy.default)["Subject"])


def _mapping(what: str, expected: Mapping[str, Any], seen: Mapping[str, Any]) -> Check:
    """Equal in every entry, or the entries that differ."""
    wrong = sorted(k for k in {*expected, *seen} if expected.get(k) != seen.get(k))
    if not wrong:
        return Check(what, f"{len(expected)} right", f"{len(expected)} right")
    shown = ", ".join(f"{k}: {seen.get(k)} for {expected.get(k)}" for k in wrong[:5])
    return Check(what, f"{len(expected)} right", f"{len(wrong)} wrong ({shown})")


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")
