"""Effects on stock per second through RabbitMQ: `python -m bench.stock [SHIPMENTS]`.

Starts a suite of separate processes on the servers of TANDEM_PG_URL and TANDEM_AMQP_URL and ships
an order, a unit a shipment, while the process by which inventory hears is stopped. Counted is from
its going on until the last unit has left stock; sales hears its answers and reporting both
meanwhile. Nothing else should run.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from bench.company import Company
from bench.meter import pids
from crmkit.config import Settings
from tandem.acceptance import stage

_AIM = 600
_PRODUCTS = 5
_AT_ONCE = 4
_STOCK = 100_000


Ordered = tuple[str, str, str]
"""A product, an order of it, and the one line of that order."""


def order(company: Company, each: int) -> list[Ordered]:
    """Approved orders of so many units, one for each product, and all of it heard."""
    products = []
    for number in range(_PRODUCTS):
        product = company.call("POST", "/products", {"name": f"Product {number}"})
        opening = {"product_id": product["id"], "quantity": str(_STOCK), "reason": "opening"}
        company.call("POST", "/stock-movements", opening)
        products.append(product["id"])
    company.settled()
    return [_order(company, product, each) for product in products]


def _order(company: Company, product: str, each: int) -> Ordered:
    account = company.call("POST", "/accounts", {"name": f"Buyer of {product}"})
    line = {"product_id": product, "quantity": str(each), "list_price": "10.00"}
    body = {"subject": "Order", "account_id": account["id"], "lines": [line]}
    made = company.call("POST", "/sales-orders", body)
    company.call("POST", f"/sales-orders/{made['id']}/approve")
    return product, made["id"], made["lines"][0]["id"]


def ship(company: Company, orders: Sequence[Ordered], each: int) -> None:
    """All of it, a unit a shipment."""

    def one(number: int) -> None:
        _, order, line = orders[number % _PRODUCTS]
        part = {"lines": [{"line_id": line, "quantity": "1"}]}
        company.call("POST", f"/sales-orders/{order}/ship", part)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one, range(each * _PRODUCTS)))


def measure(company: Company, shipments: int) -> float:
    hearing = pids(company.stage, "serve", "inventory", "events")
    if not hearing:
        raise RuntimeError("inventory hears in no process of its own")
    each = shipments // _PRODUCTS
    orders = order(company, each)
    company.settled()
    _signal(hearing, signal.SIGSTOP)
    try:
        ship(company, orders, each)
    finally:
        began = time.monotonic()
        _signal(hearing, signal.SIGCONT)
    while any(_on_hand(company, product) != _STOCK - each for product, _, _ in orders):
        time.sleep(0.05)
    seconds = time.monotonic() - began
    done = each * _PRODUCTS
    print(f"{done:,} effects on stock: {done / seconds:,.0f} /s (aim {_AIM:,})")
    return done / seconds


def _signal(processes: list[int], what: signal.Signals) -> None:
    for pid in processes:
        os.kill(pid, what)


def _on_hand(company: Company, product: str) -> Decimal:
    return Decimal(company.call("GET", f"/products/{product}")["stock"]["on_hand"])


def main(shipments: int = 2_000) -> None:
    with stage.up(Settings.from_env()) as suite:
        measure(Company(suite, at_once=_AT_ONCE), shipments)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
