"""What must be true in the end, read in the databases line by line and over the API in sums."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg2
from sqlalchemy.engine import make_url

from contracts.services import SERVICE_PORTS
from tandem.client import Client
from tests.chaos.company import LEFT, Company
from tests.chaos.plan import Plan
from tests.chaos.suite import Embedded

_SHIPMENTS = """
    SELECT count(*), count(*) FILTER (WHERE status <> 'posted'), coalesce(sum(version), 0)
    FROM shipment
"""
_ORDERS = """
    SELECT count(*), count(*) FILTER (WHERE status <> 'Delivered'), coalesce(sum(version), 0)
    FROM sales_order
"""
_REPORTED = """
    SELECT coalesce(sum(version) FILTER (WHERE entity = 'shipment'), 0),
        coalesce(sum(version) FILTER (WHERE entity = 'sales_order'), 0),
        count(*) FILTER (WHERE entity = 'stock_movement')
    FROM fact
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lost` and `doubled` count shipments; `wrong` says in words what else does not agree."""

    lost: int
    doubled: int
    wrong: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether all is as it must be."""
        return not (self.lost or self.doubled or self.wrong)


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts of a suite that carries out `plan`."""

    suite: Embedded
    plan: Plan
    company: Company

    def posted(self) -> int:
        """How many shipments inventory has dealt with; raises psycopg2.Error while it is away."""
        return int(self._one("inventory", "SELECT count(*) FROM posting")[0])

    def known_to_sales(self) -> int:
        """How many of the products sales has heard of."""
        statement = "SELECT count(*) FROM linked_record WHERE entity = 'product'"
        return int(self._one("sales", statement)[0])

    def figures(self) -> Mapping[str, int]:
        """What moves until all is settled; raises psycopg2.Error while PostgreSQL is away."""
        made, not_posted, shipment_versions = self._one("sales", _SHIPMENTS)
        orders, not_delivered, order_versions = self._one("sales", _ORDERS)
        movements = self._one("inventory", "SELECT count(*) FROM stock_movement")[0]
        reported = self._one("reporting", _REPORTED)
        unsent = sum(
            self._one(service, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")[0]
            for service in SERVICE_PORTS
        )
        mails = self._one("messaging", "SELECT count(*) FROM email WHERE status = 'sent'")[0]
        return {
            "shipments not made": self.plan.shipments - made,
            "orders not made": self.plan.orders - orders,
            "shipments not posted": not_posted,
            "orders not delivered": not_delivered,
            "events not sent": unsent,
            "states of shipments not reported": int(shipment_versions - reported[0]),
            "states of orders not reported": int(order_versions - reported[1]),
            "movements not reported": movements - reported[2],
            "notices not sent": sum(map(bool, self.company.sold)) - mails,
        }

    def verdict(self, client: Client) -> Verdict:
        """Everything, compared exactly."""
        lines = self._all(
            "sales",
            "SELECT line.id::text, record_id::text, product_id::text, quantity "
            "FROM shipment_line AS line",
        )
        moved = {
            line_id: (times, shipment_id, product_id, -quantity)
            for line_id, times, shipment_id, product_id, quantity in self._all(
                "inventory",
                "SELECT line_id, count(*), min(shipment_id::text), min(product_id::text), "
                "sum(quantity) FROM stock_movement WHERE reason = 'shipment' GROUP BY line_id",
            )
        }
        made = self._one("sales", _SHIPMENTS)[0]
        lost, doubled, different = set(), set(), 0
        for line_id, shipment_id, product_id, quantity in lines:
            times, *taken = moved.pop(line_id, (0, shipment_id, product_id, quantity))
            if times != 1:
                (doubled if times else lost).add(shipment_id)
            different += times == 1 and taken != [shipment_id, product_id, quantity]
        unknown = {shipment_id for _, shipment_id, *_ in moved.values()}
        wrong = [*self._wrong(client)]
        if different:
            wrong.append(f"movements that differ from their line: {different}")
        return Verdict(
            len(lost) + max(self.plan.shipments - made, 0),
            len(doubled | unknown) + max(made - self.plan.shipments, 0),
            tuple(wrong),
        )

    def _wrong(self, client: Client) -> Iterator[str]:
        statuses = dict(self._all("sales", "SELECT status, count(*) FROM shipment GROUP BY 1"))
        yield from _differs("shipments by status", statuses, {"posted": self.plan.shipments})
        statuses = dict(self._all("sales", "SELECT status, count(*) FROM sales_order GROUP BY 1"))
        yield from _differs("orders by status", statuses, {"Delivered": self.plan.orders})
        statement = (
            "SELECT count(*) FROM sales_order_line "
            "WHERE shipped_quantity <> quantity OR shipping_quantity <> quantity"
        )
        yield from _differs("order lines not shipped", self._one("sales", statement)[0], 0)
        ledger = dict(
            self._all(
                "inventory", "SELECT product_id::text, sum(quantity) FROM stock_movement GROUP BY 1"
            )
        )
        report = client.get("/reports/sales", group_by="product")
        reported = {row["key"]: Decimal(row["shipped_units"]) for row in report["rows"]}
        mails = Counter(
            row[0] for row in self._all("messaging", "SELECT related_id::text FROM email")
        )
        for product_id, sold in zip(self.company.products, self.company.sold, strict=True):
            product = client.get(f"/products/{product_id}")
            name, stock = product["name"], product["stock"]
            yield from _differs(f"{name} on hand", Decimal(stock["on_hand"]), LEFT)
            yield from _differs(f"{name} reserved", Decimal(stock["reserved"]), 0)
            yield from _differs(f"{name} by its movements", ledger.get(product_id), LEFT)
            yield from _differs(f"{name} reported", reported.get(product_id, 0), sold)
            yield from _differs(f"{name} low-stock notices", mails[product_id], int(sold > 0))
        yield from _differs("reported orders", report["totals"]["orders"], self.plan.orders)
        for service in SERVICE_PORTS:
            parked = self._one(service, "SELECT count(*) FROM parked_event")[0]
            yield from _differs(f"parked in {service}", parked, 0)

    def _one(self, service: str, statement: str) -> tuple[Any, ...]:
        return self._all(service, statement)[0]

    def _all(self, service: str, statement: str) -> list[tuple[Any, ...]]:
        url = make_url(self.suite.database_url(service)).set(drivername="postgresql")
        with (
            closing(psycopg2.connect(url.render_as_string(hide_password=False))) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
            return cursor.fetchall()


def _differs(what: str, seen: object, expected: object) -> Iterator[str]:
    if seen != expected:
        yield f"{what}: {seen} instead of {expected}"
