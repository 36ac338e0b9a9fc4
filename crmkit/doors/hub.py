"""How late this process's green threads run: the alarm for code that blocks all of them (D16)."""

import time

import eventlet
from prometheus_client import Histogram

HUB_LAG = Histogram(
    "tandem_hub_lag_seconds",
    "How much later than asked a sleeping green thread woke up.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_INTERVAL = 0.25


def watch() -> None:
    """Measure for as long as the process lives."""
    eventlet.spawn(_watch)


def _watch() -> None:
    while True:
        asked = time.perf_counter() + _INTERVAL
        eventlet.sleep(_INTERVAL)
        HUB_LAG.observe(max(0.0, time.perf_counter() - asked))
