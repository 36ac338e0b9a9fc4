"""The requests that are measured; each is what a user does, through the gateway."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

from bench.company import Company, Queue, lead
from bench.meter import Result, measure, used_idle

_PATIENCE = 30.0
_POLL_SECONDS = 0.25
"""How often a client that waits for inventory's answer asks for it; each time is in the figures."""


def scenarios(company: Company, *, requests: int, at_once: int) -> Iterator[Result]:
    """Every scenario in turn; events of one are done before the next begins."""
    call = company.call
    idle = used_idle(company.stage)
    created: list[str] = []

    def create(number: int) -> None:
        created.append(call("POST", "/leads", lead(1_000_000 + number))["id"])

    def run(name: str, scenario: Callable[[int], object], *, share: int = 1) -> Result:
        return measure(
            company.stage,
            name,
            lambda number: scenario(number) and None,
            idle=idle,
            requests=max(requests // share, 20),
            at_once=at_once,
            settle=company.settled,
        )

    yield run("login", lambda _: company.login(), share=10)
    yield run("create lead", create)
    yield run("read lead", lambda n: call("GET", f"/leads/{created[n]}"))
    yield run("list 50 leads", lambda _: call("GET", "/leads?limit=50"))
    yield run(
        "list 50 leads, filtered", lambda _: call("GET", "/leads?limit=50&filter[status]=Hot")
    )
    waiting = Queue(created)
    deal = {"name": "Deal", "amount": "1000.00", "closing_date": "2027-01-31"}
    yield run(
        "convert lead",
        lambda _: call("POST", f"/leads/{waiting.take()}/convert", {"opportunity": deal}),
        share=2,
    )
    yield run("order to stock", lambda n: order_to_stock(company, n), share=4)
    yield run("pipeline report", lambda _: call("GET", "/reports/pipeline?group_by=stage"))
    yield run("sales report", lambda _: call("GET", "/reports/sales?group_by=month"))


def order_to_stock(company: Company, number: int) -> None:
    """Order → approved → shipped → posted by inventory → stock read back."""
    product = company.products[number % len(company.products)]
    order = company.call(
        "POST",
        "/sales-orders",
        {
            "subject": f"Order {number}",
            "account_id": company.account_id,
            "lines": [{"product_id": product, "quantity": "1", "list_price": "10.00"}],
        },
    )
    company.call("POST", f"/sales-orders/{order['id']}/approve")
    shipment = company.call("POST", f"/sales-orders/{order['id']}/ship")
    deadline = time.monotonic() + _PATIENCE
    while company.call("GET", f"/shipments/{shipment['id']}")["status"] != "posted":
        if time.monotonic() > deadline:
            raise RuntimeError(f"shipment {shipment['number']} was not posted")
        time.sleep(_POLL_SECONDS)
    on_hand = company.call("GET", f"/products/{product}")["stock"]["on_hand"]
    if Decimal(on_hand) >= Decimal(1_000_000):
        raise RuntimeError("stock has not gone down")
