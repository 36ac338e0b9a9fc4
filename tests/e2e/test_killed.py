"""`kill -9` in the middle of trading: the customers try again, and nothing is lost or doubled."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tandem.client import Client
from tests.e2e.conftest import line, running, stock
from tests.e2e.running import PASSWORD, PATIENCE
from tests.eventually import eventually

PEOPLE = 8
ROUNDS = 4
KILLS = 2
ON_HAND = 500


@pytest.fixture(scope="module")
def suite():
    """One of its own: it is killed, and everything in it is counted."""
    with running() as begun:
        yield begun


class Progress:
    """How many orders have been approved so far, over all threads."""

    def __init__(self):
        self._next = count(1)
        self.orders = 0

    def step(self):
        self.orders = next(self._next)


def trade(client, products, progress):
    """Orders, shipped; what was ordered. Each POST is repeated under its Idempotency-Key."""
    for _ in range(ROUNDS):
        account = client.post("/accounts", {"name": f"Account {uuid.uuid4()}"})
        lines = [line(product, 2, 1) for product in products]
        order = client.post(
            "/sales-orders", {"subject": "Goods", "account_id": account["id"], "lines": lines}
        )
        client.post(f"/sales-orders/{order['id']}/approve")
        progress.step()
        client.post(f"/sales-orders/{order['id']}/ship")


def test_nothing_is_lost_and_nothing_doubled(suite, admin, people, make_products):
    products = make_products(*[ON_HAND] * 2)
    progress = Progress()
    client = Client.sign_in(suite.url, "ben", PASSWORD, connections=PEOPLE, patience=PATIENCE)
    with client, ThreadPoolExecutor(PEOPLE) as pool:
        trading = [pool.submit(trade, client, products, progress) for _ in range(PEOPLE)]
        for kill in range(1, KILLS + 1):
            sooner = kill * PEOPLE * ROUNDS // (KILLS + 1)
            eventually(lambda least=sooner: progress.orders >= least, within=PATIENCE)
            suite.kill()
            suite.start()
        for each in trading:
            each.result()

    ben = suite.sign_in("ben")
    orders = PEOPLE * ROUNDS
    left = (str(ON_HAND - 2 * orders), "0", str(ON_HAND - 2 * orders), "0")
    eventually(lambda: [stock(ben, product) for product in products], [left] * 2, within=PATIENCE)

    def delivered():
        return ben.get("/sales-orders?filter[status]=Delivered&count=exact")["count"]

    eventually(delivered, orders, within=PATIENCE)
    for plural in ("sales-orders", "shipments", "accounts"):
        assert ben.get(f"/{plural}?count=exact")["count"] == orders, plural
    numbers = [held["number"] for held in ben.get("/sales-orders?limit=200&sort=id")["items"]]
    assert sorted(int(number.removeprefix("SO")) for number in numbers) == list(
        range(1, orders + 1)
    )
    assert ben.get("/shipments?filter[status]=posted&count=exact")["count"] == orders
    assert suite.sign_in("admin").get("/parked-events")["items"] == []
