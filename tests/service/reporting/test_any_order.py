"""Whatever happens to records and however their events arrive, the sums are those of the end."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.reporting.contributions import pipeline, records, sales
from services.reporting.summaries import PIPELINE, RECORDS, SALES
from tests.service.reporting.conftest import BEN, CLARA, event, line, opportunity, order

IDS = [f"01990000-0000-7000-8000-0000000000e{n}" for n in range(3)]
PRODUCTS = [f"01990000-0000-7000-8000-0000000000c{n}" for n in range(3)]
ACCOUNTS = [f"01990000-0000-7000-8000-0000000000b{n}" for n in range(2)]
OWNERS = st.sampled_from([BEN, CLARA])
CENTS = st.decimals(min_value=0, max_value=10**6, places=2).map(str)
QUANTITIES = st.decimals(min_value=0, max_value=1000, places=4).map(str)

lines = st.lists(
    st.builds(line, st.sampled_from(PRODUCTS), QUANTITIES, CENTS, QUANTITIES), max_size=3
)
orders = st.builds(
    order,
    lines,
    st.sampled_from(["Created", "Approved", "Partially Shipped", "Delivered", "Cancelled"]),
    OWNERS,
    st.sampled_from(ACCOUNTS),
    conversion_rate=st.sampled_from(["1", "0.9", "3"]),
    order_date=st.sampled_from(["2026-01-31", "2026-02-01", None]),
)
opportunities = st.builds(
    opportunity, st.sampled_from(["Prospecting", "Qualification", "Closed Won"]), OWNERS, CENTS
)


def _lives_of(entity: str, states: st.SearchStrategy) -> st.SearchStrategy:
    life = st.lists(st.tuples(states, st.booleans()), min_size=1, max_size=5)
    return st.tuples(st.just(entity), life)


lives = st.one_of(_lives_of("sales_order", orders), _lives_of("opportunity", opportunities))


def _expected(histories) -> dict[str, Counter]:
    """The sums, counted afresh from the last state of each record."""
    functions = {RECORDS: records, PIPELINE: pipeline, SALES: sales}
    sums = {summary.table.name: Counter() for summary in functions}
    for entity, states in histories:
        state, deleted = states[-1]
        for summary, contribution in functions.items():
            for key, figures in contribution(entity, state).items():
                for name, figure in zip(summary.figures, figures, strict=True):
                    if not deleted and figure:
                        sums[summary.table.name][*key, name] += figure
    return sums


def _held(reporting) -> dict[str, Counter]:
    sums = {}
    with reporting.database.reading() as session:
        for summary in (RECORDS, PIPELINE, SALES):
            held = sums[summary.table.name] = Counter()
            for row in session.execute(select(summary.table)).mappings():
                for name in summary.figures:
                    if row[name]:
                        held[*(row[key] for key in summary.keys), name] = Decimal(row[name])
    return sums


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_sums_follow_from_the_last_states_alone(reporting, data):
    reporting.forget()
    histories = [data.draw(lives) for _ in IDS]
    told = [
        event(entity, record_id, version, state, deleted=deleted)
        for record_id, (entity, states) in zip(IDS, histories, strict=True)
        for version, (state, deleted) in enumerate(states, 1)
    ]
    repeated = told + data.draw(st.lists(st.sampled_from(told), max_size=5))
    shuffled = data.draw(st.permutations(repeated))
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        reporting.hear(*shuffled[:size])
        shuffled = shuffled[size:]
    assert _held(reporting) == _expected(histories)


def test_copies_of_the_service_that_hear_the_same_at_once_count_it_once(reporting):
    told = [
        event("sales_order", record_id, version, order([line(PRODUCTS[0], str(version))]))
        for record_id in (f"01990000-0000-7000-8000-{n:012x}" for n in range(20))
        for version in range(1, 6)
    ]

    def hear(seed: int) -> None:
        shuffled = random.Random(seed).sample(told, len(told))
        for start in range(0, len(shuffled), 10):
            reporting.hear(*shuffled[start : start + 10])

    with ThreadPoolExecutor(4) as copies:
        list(copies.map(hear, range(4)))
    sums = _held(reporting)["sales_summary"]
    assert sums["owner", BEN, BEN, "orders"] == 20
    assert sums["owner", BEN, BEN, "units"] == 100
