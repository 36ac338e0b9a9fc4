"""How long the bus leaves things alone, and how a worker lives on."""

import logging
import threading

import pytest

from crmkit.bus.backoff import Backoff
from crmkit.bus.endurance import Periodic, endure, first_line
from crmkit.bus.redelivery import next_delay
from crmkit.bus.transport import RETRY_DELAYS, BrokerUnavailable


def test_four_more_tries_and_then_none() -> None:
    delays = [next_delay(attempts, RETRY_DELAYS) for attempts in range(1, 6)]
    assert delays == [5.0, 30.0, 300.0, 3600.0, None]


def test_backoff_doubles_to_its_most_and_starts_over() -> None:
    backoff = Backoff(first=1.0, most=4.0)
    waits = [backoff.failed() for _ in range(5)]
    for wait, around in zip(waits, (1, 2, 4, 4, 4), strict=True):
        assert 0.75 * around <= wait <= 1.25 * around
    backoff.succeeded()
    assert backoff.failed() <= 1.25


def test_periodic_is_due_at_once_and_then_after_its_time() -> None:
    assert Periodic(3600).due()
    hourly = Periodic(3600)
    assert [hourly.due(), hourly.due()] == [True, False]
    always = Periodic(0)
    assert [always.due(), always.due()] == [True, True]


def test_a_worker_outlives_outages_and_mistakes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    stop = threading.Event()
    turns = iter([BrokerUnavailable("away\nfor long"), KeyError("mistake"), None])

    def turn() -> float:
        error = next(turns)
        if error is not None:
            raise error
        stop.set()
        return 0.0

    endure("sales.relay", stop, turn)
    away, mistake = caplog.records
    assert away.getMessage().startswith("sales.relay: BrokerUnavailable: away; trying again in 0.")
    assert away.exc_info is None
    assert mistake.getMessage().startswith("sales.relay failed; trying again in 0.")
    assert mistake.exc_info is not None


def test_the_first_line_of_an_error_is_never_empty() -> None:
    assert first_line(ValueError()) == "ValueError"
    assert first_line(ValueError("one\ntwo")) == "ValueError: one"
