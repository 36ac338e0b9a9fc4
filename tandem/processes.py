"""Tandem as separate processes on one machine, on a RabbitMQ and a PostgreSQL that run already.

honcho starts them and shows their logs. One that dies is started again; they all end together.
"""

import multiprocessing
import shlex
import signal
import socket
import sys
import time
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from honcho import manager, process

from contracts.services import SERVICE_PORTS
from crmkit.bus.backoff import Backoff
from crmkit.bus.rabbitmq import RabbitTransport
from crmkit.bus.transport import BrokerUnavailable
from crmkit.config import Settings
from tandem import roster
from tandem.listening import require_free
from tandem.orphans import die_with_parent
from tandem.refusals import CannotStart

_STOP_SECONDS = 30
_STABLE_SECONDS = 10.0
_end_with_watcher = die_with_parent(signal.SIGTERM)


def run(settings: Settings, copies: Mapping[str, int]) -> int:
    """Prepare databases and broker, run every process until Ctrl-C or SIGTERM, and return 0.

    `copies` maps names of processes to how many of each, 1 where it says nothing. Raises
    CannotStart for a name that is none, a busy port, or an unreachable PostgreSQL or RabbitMQ.
    """
    commands = _commands(settings)
    if unknown := sorted(copies.keys() - commands.keys()):
        raise CannotStart(f"there is no process {unknown[0]}: choose of {', '.join(commands)}")
    for port in sorted({port for port, _ in commands.values()}):
        host = settings.host if port == settings.port else settings.service_host
        require_free(host, port, "set TANDEM_PORT or TANDEM_<SERVICE>_URL")
    roster.prepare(settings)
    _declare_topology(settings)
    suite = _Suite()
    for name, (_, command) in commands.items():
        for copy in range(1, copies.get(name, 1) + 1):
            suite.add_process(f"{name}.{copy}", f"exec {shlex.join(command)}")
    suite.loop()
    return 0


def _declare_topology(settings: Settings) -> None:
    where = urlsplit(settings.amqp_url)
    host, port = where.hostname or "localhost", where.port or 5672
    try:
        socket.create_connection((host, port), timeout=5.0).close()
        RabbitTransport(settings.amqp_url, roster.topology()).declare()
    except (OSError, BrokerUnavailable) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotStart(
            f"RabbitMQ at {host}:{port} (TANDEM_AMQP_URL) cannot be reached: {reason}"
        ) from None


def _commands(settings: Settings) -> dict[str, tuple[int, list[str]]]:
    """The port and the command line of each process.

    Of each service one answers, and one hears and tells: each kind grows on its own.
    """
    python = [sys.executable, "-P", "-m"]
    commands = {"gateway": (settings.port, [*python, "tandem.cli", "gateway"])}
    for service in SERVICE_PORTS:
        for kind, doors in (("http", roster.DOORS[:1]), ("work", roster.DOORS[1:])):
            commands[f"{service}-{kind}"] = (
                roster.port_of(settings, service, doors),
                [*python, "tandem.runtime", "serve", service, ",".join(doors)],
            )
    return commands


class _Suite(manager.Manager):  # type: ignore[misc]
    """All processes; one that ends by itself does not end the others."""

    def __init__(self) -> None:
        super().__init__()
        manager.KILL_WAIT = _STOP_SECONDS
        self._stopping = multiprocessing.Event()
        self._process_ctor = partial(_Kept, stopping=self._stopping)

    def terminate(self) -> None:
        """Tell every process to finish what it does and end."""
        self._stopping.set()
        super().terminate()


class _Kept(process.Process):  # type: ignore[misc]
    """One process, started again, later each time it did not last, until all are to stop."""

    def __init__(self, command: str, *, stopping: Any, **options: Any) -> None:
        super().__init__(command, **options)
        self._stopping = stopping
        self._child_ctor = partial(process.Popen, preexec_fn=_become_a_child)

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:  # noqa: FBT001, FBT002
        """Watch it, in a process of honcho's that ends when `tandem up` is killed."""
        die_with_parent(signal.SIGKILL)()
        backoff = Backoff()
        while True:
            started = time.monotonic()
            super().run(events, ignore_signals)
            if self._stopping.is_set():
                return
            if time.monotonic() - started > _STABLE_SECONDS:
                backoff.succeeded()
            wait = backoff.failed()
            self._send_message(f"ended ({self._child.returncode}), again in {wait:.1f} s\n")
            if self._stopping.wait(wait):
                self._send_message({"returncode": self._child.returncode}, type="stop")
                return

    def _send_message(self, data: Any, type: str = "line") -> None:  # noqa: A002 - honcho's name
        """Pass on to the manager what it shall know; one stop would make it stop all."""
        if type != "stop" or self._stopping.is_set():
            super()._send_message(data, type)


def _become_a_child() -> None:
    """Undo what a started process inherits from its watcher, who ignores these signals."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _end_with_watcher()
