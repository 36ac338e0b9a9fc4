"""Stock is right whatever order, batches, copies and number of consumers events come in."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.events.base import Event
from crmkit.unit_of_work import UnitOfWork, new_id
from services.inventory import levels
from tests.service.inventory.stockroom import (
    BUYER,
    Order,
    Shipment,
    Stockroom,
    order_of,
    shipment_of,
)

PLENTY = 1000


@st.composite
def histories(draw: st.DrawFn) -> Sequence[tuple[Sequence[tuple[int, int]], str, str]]:
    """Orders as (product, quantity) lines, the order's last status, the shipment's last status."""
    lines = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=1, max_size=3)
    ends = st.sampled_from(["Created", "Approved", "Partially Shipped", "Delivered", "Cancelled"])
    shipments = st.sampled_from(["none", "pending", "posted", "cancelled"])
    return draw(st.lists(st.tuples(lines, ends, shipments), min_size=1, max_size=5))


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories(), st.randoms(use_true_random=False), st.integers(1, 6), st.booleans())
def test_any_order_any_batches_and_copies_come_to_the_same(
    stockroom: Stockroom,
    history: Sequence[tuple[Sequence[tuple[int, int]], str, str]],
    chance: random.Random,
    batch: int,
    plenty: bool,
) -> None:
    opening = PLENTY if plenty else 8
    products = [stockroom.product(str(opening)) for _ in range(3)]
    events: list[Event] = []
    on_hand = dict.fromkeys(products, opening)
    reserved = dict.fromkeys(products, 0)
    for lines, order_end, shipment_end in history:
        order = order_of(*((products[p], str(q)) for p, q in lines))
        events += [order.told("Created"), order.told("Approved"), order.told(order_end)]
        taken = [chance.randint(1, q) for _, q in lines]
        events += told_of(shipment_of(order, *map(str, taken)), shipment_end)
        for (product, quantity), shipped in zip(lines, taken, strict=True):
            gone = shipped if shipment_end in {"pending", "posted"} else 0
            on_hand[products[product]] -= gone
            if order_end in {"Approved", "Partially Shipped"}:
                reserved[products[product]] += quantity - gone
    events += [stockroom.again(event) for event in chance.sample(events, len(events) // 2)]
    chance.shuffle(events)
    for start in range(0, len(events), batch):
        stockroom.hear(*events[start : start + batch])
        stockroom.check()
    if plenty:
        assert [stockroom.stock(p)[:2] for p in products] == [
            (str(on_hand[p]), str(reserved[p])) for p in products
        ]


def told_of(shipment: Shipment, end: str) -> list[Event]:
    """What sales tells of a shipment until it has this status."""
    if end == "none":
        return []
    told = [shipment.told("pending")]
    return told if end == "pending" else [*told, shipment.told(end)]


def test_64_flows_on_the_same_five_products_lose_and_refuse_nothing(
    stockroom: Stockroom,
) -> None:
    chance = random.Random(64)
    products = [stockroom.product("192") for _ in range(5)]
    flows: list[tuple[Order, Shipment]] = []
    for _ in range(64):
        order = order_of(*((p, "3") for p in chance.sample(products, 5)))
        flows.append((order, shipment_of(order, *"33333")))
    events = [
        told for order, _ in flows for told in (order.told("Created"), order.told("Approved"))
    ]
    events += [shipment.told("pending") for _, shipment in flows]
    cancelled = flows[:8]
    events += [told for order, _ in cancelled for told in [order.told("Cancelled")]]
    events += [shipment.told("cancelled") for _, shipment in cancelled]
    events *= 2
    chance.shuffle(events)
    batches = [events[start : start + 7] for start in range(0, len(events), 7)]
    with ThreadPoolExecutor(6) as consumers:
        verdicts = [
            v for heard in consumers.map(lambda b: stockroom.hear(*b), batches) for v in heard
        ]
    assert set(verdicts) == {"applied", "duplicate"}
    assert [stockroom.stock(p) for p in products] == [("24", "0", "24")] * 5
    assert len(stockroom.facts("stock.short")) == 0
    stockroom.check()


def test_totals_are_locked_in_the_order_of_their_products(stockroom: Stockroom) -> None:
    low, high = sorted((new_id(), new_id()))
    for product in (high, low):
        stockroom.work(lambda uow, p=product: levels.lock(uow, [p]))
    free = "SELECT 1 FROM stock_total WHERE product_id = :low FOR UPDATE SKIP LOCKED"
    with ThreadPoolExecutor(1) as other:
        with stockroom.database.transaction() as session:
            levels.lock(UnitOfWork(session, BUYER, "inventory"), [high])
            both = other.submit(
                stockroom.work, lambda uow: levels.lock(uow, dict.fromkeys((high, low)))
            )
            stockroom.until_waiting(1)
            assert not stockroom.rows(free, low=low), "the lower one must be locked first"
        both.result()
