"""How a worker lives on: whatever fails is logged and tried again, later each time."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from crmkit.bus.backoff import Backoff
from crmkit.bus.inbox import Unavailable
from crmkit.bus.transport import BrokerUnavailable

_OUTAGES = (SQLAlchemyError, Unavailable, BrokerUnavailable)

_log = logging.getLogger(__name__)


def endure(name: str, stop: threading.Event, turn: Callable[[], float]) -> None:
    """Call `turn` until `stop` is set; it returns the seconds to rest before the next one.

    Outages of database and broker are one line in the log, anything else is logged with its
    traceback; neither ends the worker, because nobody would start it again.
    """
    backoff = Backoff()
    while not stop.is_set():
        try:
            rest = turn()
            backoff.succeeded()
        except _OUTAGES as error:
            rest = backoff.failed()
            cause = error.__cause__ or error
            _log.warning("%s: %s; trying again in %.1f s", name, first_line(cause), rest)
        except Exception:  # noqa: BLE001 - a mistake in one turn must not end all later ones
            rest = backoff.failed()
            _log.exception("%s failed; trying again in %.1f s", name, rest)
        stop.wait(rest)


def first_line(error: BaseException) -> str:
    """The kind of an error and the first line of what it says; never empty."""
    said = str(error).strip().split("\n", 1)[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


class Periodic:
    """Something to do at once and then every so many seconds, by whoever asks often enough."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        """Whether it is time; asking starts the next interval."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
