"""What there is to ship, made through the API, and people who ship through the API."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.client import Client
from tests.chaos.plan import PRODUCTS, Plan, Unit

LEFT = 7
"""So much of each product is left in the end: less than the reorder level of those that sold."""
_PATIENCE_SECONDS = 300.0
_SIGN_IN_AGAIN_SECONDS = 240.0
"""Earlier than the token runs out: a refresh whose answer was lost would end the sign-in."""


@dataclass
class Door:
    """The API as its administrator meets it; patient, because what serves it dies again and again.

    Every POST is repeated under its Idempotency-Key until it is answered.
    """

    url: str
    password: str
    _client: Client | None = None
    _signed_in_at: float = 0.0

    @property
    def client(self) -> Client:
        """Signed in not long ago."""
        if self._client is None or time.monotonic() - self._signed_in_at > _SIGN_IN_AGAIN_SECONDS:
            self.close()
            self._client = Client.sign_in(
                self.url, "admin", self.password, patience=_PATIENCE_SECONDS
            )
            self._signed_in_at = time.monotonic()
        return self._client

    def close(self) -> None:
        """Let go of its connections."""
        if self._client is not None:
            self._client.close()


@dataclass(frozen=True, slots=True)
class Company:
    """`products` are ids, in the numbering of the plan; `sold` is how much of each is to leave."""

    admin_id: str
    account_id: str
    products: tuple[str, ...]
    sold: tuple[int, ...]


def found(door: Door, plan: Plan) -> Company:
    """Products with just enough stock, and a customer."""
    client = door.client
    total = plan.totals()
    sold = tuple(total[number] for number in range(PRODUCTS))
    products = []
    for number, quantity in enumerate(sold):
        body = {"name": f"Chaos {number}", "reorder_level": LEFT + quantity // 2}
        product_id = client.post("/products", body)["id"]
        opening = {"product_id": product_id, "quantity": LEFT + quantity, "reason": "opening"}
        client.post("/stock-movements", opening)
        products.append(product_id)
    account = client.post("/accounts", {"name": "Chaos"})
    return Company(client.get("/me")["id"], account["id"], tuple(products), sold)


def order(company: Company, unit: Unit) -> dict[str, Any]:
    """The order of a unit as one posts it."""
    return {
        "subject": unit.name,
        "account_id": company.account_id,
        "lines": [
            {"product_id": company.products[product], "quantity": quantity, "list_price": "1"}
            for product, quantity in unit.lines
        ],
    }


def shipments(line_ids: Sequence[str], unit: Unit) -> Iterator[dict[str, Any]]:
    """What one posts to ship a unit whose order's lines have these ids."""
    for parts in unit.shipments:
        yield {
            "lines": [{"line_id": line_ids[line], "quantity": quantity} for line, quantity in parts]
        }


@dataclass
class Callers:
    """People who order and ship units through the API, `at_once` of them, each unit by one."""

    url: str
    password: str
    company: Company
    units: Iterator[Unit]
    at_once: int
    shipped: int = 0
    _failures: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Let them begin."""
        for number in range(self.at_once):
            thread = threading.Thread(target=self._work, name=f"caller {number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def done(self) -> bool:
        """Whether all is shipped; raises what a call was refused with."""
        if self._failures:
            raise self._failures[0]
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        door = Door(self.url, self.password)
        try:
            while (unit := self._next()) is not None:
                self._ship(door, unit)
        except BaseException as failure:  # noqa: BLE001 - shown by done()
            self._failures.append(failure)
        finally:
            door.close()

    def _next(self) -> Unit | None:
        with self._lock:
            return None if self._failures else next(self.units, None)

    def _ship(self, door: Door, unit: Unit) -> None:
        made = door.client.post("/sales-orders", order(self.company, unit))
        door.client.post(f"/sales-orders/{made['id']}/approve")
        for body in shipments([line["id"] for line in made["lines"]], unit):
            door.client.post(f"/sales-orders/{made['id']}/ship", body)
            with self._lock:
                self.shipped += 1
