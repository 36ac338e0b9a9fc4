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
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from bench.company import Company
from bench.meter import pids
from crmkit.config import Settings
from tandem.acceptance import stage

_AIM = 600
_PRODUCTS = 5
_AT_ONCE = 4


def ship(company: Company, shipments: int) -> list[str]:
    """The products of which so many units are now on their way, an order for each of them."""
    each = shipments // _PRODUCTS
    orders = []
    for number in range(_PRODUCTS):
        product = company.call("POST", "/products", {"name": f"Product {number}"})
        opening = {"product_id": product["id"], "quantity": "100000", "reason": "opening"}
        company.call("POST", "/stock-movements", opening)
        line = {"product_id": product["id"], "quantity": str(each), "list_price": "10.00"}
        account = company.call("POST", "/accounts", {"name": f"Account {number}"})
        body = {"subject": "Order", "account_id": account["id"], "lines": [line]}
        order = company.call("POST", "/sales-orders", body)
        company.call("POST", f"/sales-orders/{order['id']}/approve")
        orders.append((product["id"], order["id"], order["lines"][0]["id"]))
    company.settled()

    def one(number: int) -> None:
        _, order, line = orders[number % _PRODUCTS]
        part = {"lines": [{"line_id": line, "quantity": "1"}]}
        company.call("POST", f"/sales-orders/{order}/ship", part)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one, range(each * _PRODUCTS)))
    return [product for product, _, _ in orders]


def measure(company: Company, shipments: int) -> float:
    hearing = pids(company.stage, "serve", "inventory", "events")
    if not hearing:
        raise RuntimeError("inventory hears in no process of its own")
    _signal(hearing, signal.SIGSTOP)
    try:
        products = ship(company, shipments)
    finally:
        began = time.monotonic()
        _signal(hearing, signal.SIGCONT)
    left = 100_000 - shipments // _PRODUCTS
    while any(_on_hand(company, product) != left for product in products):
        time.sleep(0.05)
    seconds = time.monotonic() - began
    done = shipments // _PRODUCTS * _PRODUCTS
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
