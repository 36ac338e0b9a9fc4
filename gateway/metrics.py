"""What operations measure of the gateway: one histogram of requests, by who answered and how."""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = Histogram(
    "tandem_gateway_request_seconds",
    "Time from the request's arrival to the start of its answer.",
    ["service", "method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_series: dict[tuple[str, str, int], Histogram] = {}


def observe(service: str, method: str, status: int, seconds: float) -> None:
    """Count one request; `service` is `gateway` for what the gateway answered itself."""
    key = (service, method, status)
    series = _series.get(key)
    if series is None:
        series = _series[key] = _SECONDS.labels(service, method, str(status))
    series.observe(seconds)


def exposition() -> bytes:
    """All metrics in Prometheus' text format; of every worker where there are several."""
    if MULTIPROCESS_DIR not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
