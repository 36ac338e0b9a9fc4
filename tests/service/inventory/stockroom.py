"""Inventory with its database and nobody around it: events and requests go in, facts come out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from contracts.caller import Caller
from contracts.events.base import Event
from crmkit.bus import envelope, inbox
from crmkit.bus.subscription import matches
from crmkit.bus.transport import Delivery, Message
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.records import hearing, store
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork, new_id
from services.inventory import places, subscriptions
from services.inventory.entities.product import PRODUCT
from services.inventory.entities.purchase_order import PURCHASE_ORDER
from services.inventory.entities.stock_level import STOCK_LEVEL
from services.inventory.entities.stock_movement import STOCK_MOVEMENT
from services.inventory.entities.vendor import VENDOR
from services.inventory.entities.warehouse import WAREHOUSE
from tests import cluster

BUYER = Caller("0199a000-0000-7000-8000-0000000000aa", "buyer", is_admin=True)
ENTITIES = {
    entity.name: entity
    for entity in (PRODUCT, VENDOR, WAREHOUSE, PURCHASE_ORDER, STOCK_MOVEMENT, STOCK_LEVEL)
}
SUBSCRIPTIONS = [
    hearing.subscription(heard, "inventory", lambda _: ENTITIES)
    for heard in subscriptions.SUBSCRIPTIONS
]
WHO = "0199a000-0000-7000-8000-0000000000bb"


def event(pattern: str, subject: str, version: int, record: dict[str, Any], **data: Any) -> Event:
    """An event as its service tells it; `pattern` has the fact in place of the asterisk."""
    body = {"record": {"id": subject, **record}, "changes": {}, "deleted": False, **data}
    return Event(
        id=new_id(),
        type=f"crm.{pattern}.v1",
        source="/elsewhere",
        subject=subject,
        time=datetime.now(UTC),
        data=body,
        version=version,
        actor=WHO,
        request_id="r1",
    )


@dataclass
class Order:
    """A sales order as sales would tell of it."""

    lines: list[dict[str, Any]]
    id: str = field(default_factory=new_id)
    version: int = 0
    status: str = "Created"

    def told(self, status: str, **changes: Any) -> Event:
        self.version += 1
        before, self.status = self.status, status
        record = {"status": status, "lines": [dict(line) for line in self.lines]}
        if before != status:
            changes = {"status": [before, status], **changes}
        return event("sales.sales_order.changed", self.id, self.version, record, changes=changes)


@dataclass
class Shipment:
    """A shipment as sales would tell of it."""

    order_id: str
    lines: list[dict[str, Any]]
    warehouse_id: str | None = None
    id: str = field(default_factory=new_id)
    version: int = 0

    def told(self, status: str) -> Event:
        self.version += 1
        record = {
            "status": status,
            "sales_order_id": self.order_id,
            "warehouse_id": self.warehouse_id,
            "lines": self.lines,
        }
        changes = {"status": [None, status]}
        return event("sales.shipment.changed", self.id, self.version, record, changes=changes)


def order_of(*lines: tuple[str, str]) -> Order:
    """An order of (product id, quantity) lines."""
    return Order([{"id": new_id(), "product_id": p, "quantity": q} for p, q in lines])


def shipment_of(order: Order, *quantities: str, warehouse_id: str | None = None) -> Shipment:
    """A shipment of the order's lines, of so much of each."""
    lines = [
        {
            "id": new_id(),
            "order_line_id": line["id"],
            "product_id": line["product_id"],
            "quantity": quantity,
        }
        for line, quantity in zip(order.lines, quantities, strict=True)
    ]
    return Shipment(order.id, lines, warehouse_id)


class Stockroom:
    """One service's database, its handlers and its records."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.database = Database(url, "inventory")
        self.settings = settings

    def open(self) -> None:
        """Empty it, and let it start and hear of a currency."""
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        kept = ("alembic", "audit")  # the audit refuses
        tables = ", ".join(
            row.tablename for row in self.rows(named) if not row.tablename.startswith(kept)
        )
        with self.database.transaction() as session:
            session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
        places.set_up(self.database, self.settings)
        self.hear(
            event(
                "identity.currency.created",
                new_id(),
                1,
                {
                    "code": "USD",
                    "decimals": 2,
                    "conversion_rate": "1",
                    "is_base": True,
                    "active": True,
                },
            )
        )

    def hear(self, *events: Event) -> list[str]:
        """What becomes of the events, delivered as one batch to whoever wants their type."""
        verdicts = []
        for subscription in SUBSCRIPTIONS:
            wanted = [e for e in events if any(matches(p, e.type) for p in subscription.patterns)]
            if wanted:
                deliveries = [Delivery(Message(e.id, e.type, envelope.to_json(e))) for e in wanted]
                outcomes = inbox.apply(self.database, subscription, deliveries)
                assert not [o.error for o in outcomes if o.error]
                verdicts += [outcome.verdict.value for outcome in outcomes]
        return verdicts

    def again(self, told: Event) -> Event:
        """The same news in an event of its own, which the inbox does not know."""
        return replace(told, id=new_id())

    def work(self, do: Callable[[UnitOfWork], Any]) -> Any:
        """Run it in a transaction of its own, on behalf of an administrator."""
        with journal.unit_of_work(self.database, BUYER, ENTITIES) as uow:
            return do(uow)

    def create(self, entity: Entity, **payload: Any) -> Any:
        return self.work(lambda uow: store.create(uow, entity, payload))

    def read(self, entity: Entity, key: str) -> dict[str, Any]:
        return self.work(lambda uow: store.read(uow, entity, key))  # type: ignore[no-any-return]

    def product(self, opening: str = "0", **fields: Any) -> str:
        """A product with so much of it in the default warehouse; its id."""
        product = self.create(PRODUCT, **{"name": "Chai", **fields})
        if opening != "0":
            self.move(product.id, opening, "opening")
        return str(product.id)

    def move(self, product_id: str, quantity: str, reason: str, **fields: Any) -> Any:
        payload = {"product_id": product_id, "quantity": quantity, "reason": reason, **fields}
        return self.create(STOCK_MOVEMENT, **payload)

    def stock(self, product_id: str) -> tuple[str, str, str]:
        """On hand, reserved, available."""
        stock = self.read(PRODUCT, product_id)["stock"]
        return stock["on_hand"], stock["reserved"], stock["available"]

    def facts(self, type_pattern: str) -> list[Event]:
        """What has been told so far, oldest first."""
        rows = self.rows("SELECT type, body FROM outbox ORDER BY seq")
        return [
            envelope.from_json(bytes(row.body))
            for row in rows
            if matches(f"crm.inventory.{type_pattern}.v1", row.type)
        ]

    def rows(self, query: str, **parameters: Any) -> Sequence[Any]:
        with self.database.transaction() as session:
            return session.execute(text(query), parameters).all()

    def until_waiting(self, count: int) -> None:
        """Until so many transactions wait for a lock; fails after ten seconds."""
        deadline = time.monotonic() + 10
        waiting = (
            "SELECT 1 FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while len(self.rows(waiting)) < count:
            assert time.monotonic() < deadline, f"fewer than {count} wait"

    def check(self) -> None:
        """What must hold at every moment, whatever has happened."""
        assert not self.rows("""
            SELECT product_id, warehouse_id, on_hand, moved
            FROM stock_level FULL JOIN (
                SELECT product_id, warehouse_id, sum(quantity) AS moved
                FROM stock_movement GROUP BY 1, 2) AS ledger USING (product_id, warehouse_id)
            WHERE coalesce(on_hand, 0) <> coalesce(moved, 0)"""), "on hand is the sum of movements"
        assert not self.rows("""
            SELECT product_id, warehouse_id, reserved, open
            FROM stock_level FULL JOIN (
                SELECT product_id, warehouse_id, sum(greatest(ordered - posted, 0)) AS open
                FROM demand GROUP BY 1, 2) AS asked USING (product_id, warehouse_id)
            WHERE coalesce(reserved, 0) <> coalesce(open, 0)"""), "reserved is the open demand"
        assert not self.rows("""
            SELECT total.product_id FROM stock_total AS total LEFT JOIN (
                SELECT product_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved
                FROM stock_level GROUP BY 1) AS levels USING (product_id)
            WHERE total.on_hand <> coalesce(levels.on_hand, 0)
                OR total.reserved <> coalesce(levels.reserved, 0)"""), "totals are sums of levels"
        assert not self.rows("""
            (SELECT product_id, warehouse_id, balance - quantity FROM stock_movement
             UNION ALL SELECT product_id, warehouse_id, on_hand FROM stock_level
                WHERE (product_id, warehouse_id) IN (
                    SELECT product_id, warehouse_id FROM stock_movement))
            EXCEPT ALL
            (SELECT product_id, warehouse_id, balance FROM stock_movement
             UNION ALL SELECT DISTINCT product_id, warehouse_id, 0.0 FROM stock_movement)
            """), "each movement goes on from the balance of another, the first from nothing"
        assert all(row.on_hand >= 0 for row in self.rows("SELECT on_hand FROM stock_level"))

    def close(self) -> None:
        url = self.database.url.render_as_string(hide_password=False)
        self.database.close()
        cluster.drop_database(url)


def build_stockroom(folder: Path) -> Stockroom:
    """A stockroom with a database of its own."""
    settings = Settings.from_env({"TANDEM_VAR": str(folder)})
    return Stockroom(cluster.service_database("inventory"), settings)
