"""The doors without requests: hearing events, telling events, timers; green threads all."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider

from crmkit.bus.endurance import endure
from crmkit.bus.relay import Relay
from crmkit.bus.transport import Transport, Worker
from crmkit.doors.chores import CHORES, Chore
from crmkit.doors.context import ServiceContext
from crmkit.doors.timers import HOUSEKEEPING, Timer
from crmkit.records.background.job_worker import JobWorker
from crmkit.records.hearing import subscription

CONTEXT = "TANDEM_CONTEXT"
TRANSPORT = "TANDEM_TRANSPORT"
DOORS = "TANDEM_DOORS"
"""Keys of the container's configuration: the ServiceContext, the Transport, the doors to open."""
_STOP_SECONDS = 5
_VIEWS_SECONDS = 1.0

_log = logging.getLogger(__name__)


class ContextProvider(DependencyProvider):  # type: ignore[misc]
    """Gives a service's methods what its doors share."""

    def get_dependency(self, _worker: Any) -> ServiceContext:
        """Answer the one of this process."""
        context: ServiceContext = self.container.config[CONTEXT]
        return context


class _Door(DependencyProvider):  # type: ignore[misc]
    """Runs something in threads of its own while the door is open."""

    door = ""
    _threads: Sequence[Any] = ()

    def workers(self, context: ServiceContext) -> Sequence[tuple[str, Callable[[Any], None]]]:
        """Name and body of each thread; the body returns soon after its argument is set."""
        raise NotImplementedError

    def start(self) -> None:
        """Open the door, if this process is to have it."""
        if self.door not in self.container.config[DOORS]:
            return
        self._stop = threading.Event()
        workers = self.workers(self.container.config[CONTEXT])
        _log.debug("starting %s", ", ".join(name for name, _ in workers))
        self._threads = [eventlet.spawn(body, self._stop) for _, body in workers]

    def stop(self) -> None:
        """Close it: what is under way is finished or will be found again."""
        if not self._threads:
            return
        self._stop.set()
        for thread in self._threads:
            with eventlet.Timeout(_STOP_SECONDS, exception=False):
                thread.wait()
            thread.kill()

    kill = stop

    @property
    def transport(self) -> Transport:
        """The bus."""
        transport: Transport = self.container.config[TRANSPORT]
        return transport


class EventsDoor(_Door):
    """Hears what the service's `subscriptions` want."""

    door = "events"

    def workers(self, context: ServiceContext) -> list[tuple[str, Callable[[Any], None]]]:
        """What the transport needs to run for them."""
        wanted = [
            subscription(heard, context.service, context.shaped.now)
            for heard in self.container.service_cls.subscriptions
        ]
        return [_named(worker) for worker in self.transport.workers(context.database, wanted)]


class RelayDoor(_Door):
    """Tells what the service's transactions wrote into the outbox."""

    door = "relay"

    def workers(self, context: ServiceContext) -> list[tuple[str, Callable[[Any], None]]]:
        """One relay."""
        return [_named(Relay(context.database, self.transport))]


class TimersDoor(_Door):
    """Does by the clock what the service's `timers` say, and the jobs of its `works`."""

    door = "timers"

    def workers(self, context: ServiceContext) -> list[tuple[str, Callable[[Any], None]]]:
        """A thread for each timer, so that a slow one delays no other, and one for jobs."""
        service = self.container.service_cls
        timers = (*service.timers, *HOUSEKEEPING)
        works = [work for cls in service.__mro__ for work in vars(cls).get("works", ())]
        worker = JobWorker(context.database, context.shaped.newest, works)
        ticking = [_ticking(context, timer) for timer in timers]
        keeping = [_keeping(context, chore) for chore in CHORES]
        return [*ticking, *keeping, (worker.name, worker.run)]


class ViewsDoor(_Door):
    """Writes down which records people opened at this process's HTTP door."""

    door = "http"

    def workers(self, context: ServiceContext) -> list[tuple[str, Callable[[Any], None]]]:
        """One thread, that also writes what waits when the door is closed."""

        def turn() -> float:
            with context.database.transaction() as session:
                context.views.write(session)
            return _VIEWS_SECONDS

        name = f"{context.service}.views"

        def run(stop: Any) -> None:
            endure(name, stop, turn)
            turn()

        return [(name, run)]


def _named(worker: Worker) -> tuple[str, Callable[[Any], None]]:
    return worker.name, worker.run


def _ticking(context: ServiceContext, timer: Timer) -> tuple[str, Callable[[Any], None]]:
    name = f"{context.service}.{timer.run.__name__}"

    def turn() -> float:
        timer.run(context.database, context.settings)
        return timer.seconds

    return name, lambda stop: endure(name, stop, turn)


def _keeping(context: ServiceContext, chore: Chore) -> tuple[str, Callable[[Any], None]]:
    name = f"{context.service}.{chore.run.__name__}"

    def turn() -> float:
        chore.run(context)
        return chore.seconds

    return name, lambda stop: endure(name, stop, turn)
