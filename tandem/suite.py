"""The whole of Tandem in one process: six services, gateway, bus, and a PostgreSQL of its own."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from contracts.services import SERVICE_PORTS
from crmkit.bus.local import LocalTransport
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.doors.container import RunningService, build
from gateway.app import create_app
from tandem import roster
from tandem.house import claimed
from tandem.listening import listen
from tandem.postgres import EmbeddedPostgres
from tandem.provision import service_url

Serving = Callable[[socket.socket, Any], AbstractContextManager[None]]
"""Answers HTTP at a socket with a WSGI application, for as long as the block runs."""


@contextmanager
def running(settings: Settings, *, serving: Serving) -> Iterator[tuple[str, list[RunningService]]]:
    """Everything started inside the block, and stopped in order after it, PostgreSQL last.

    Yields what to tell the user, and the services. Raises CannotStart with nothing left running.
    """
    with ExitStack() as stack:
        stack.enter_context(claimed(settings.var))
        listener = stack.enter_context(listen(settings.host, settings.port))
        postgres = EmbeddedPostgres(settings.var)
        stack.callback(postgres.stop)
        settings = replace(settings, bus="local", pg_url=postgres.start())
        first_start = not _admin_password(settings).exists()
        roster.prepare(settings)
        transport = LocalTransport(roster.topology())
        services = []
        urls = {}
        for name in SERVICE_PORTS:
            service = build(
                roster.service_class(name),
                settings,
                Database(service_url(settings, name), name),
                transport,
            )
            stack.callback(service.stop)
            service.start()
            services.append(service)
            urls[name] = "http://{}:{}".format(*service.address)
        stack.enter_context(serving(listener, create_app(urls, proxies=settings.proxies)))
        port = listener.getsockname()[1]
        yield _greeting(settings, port, first_start=first_start), services


def _greeting(settings: Settings, port: int, *, first_start: bool) -> str:
    address = f"Tandem is ready at http://{_readable_host(settings.host)}:{port}"
    kept = _admin_password(settings)
    if not first_start or not kept.exists():
        return address
    return f"{address}\nSign in as admin with {kept.read_text().strip()} (kept in {kept})"


def _admin_password(settings: Settings) -> Path:
    return settings.var / "admin-password"


def _readable_host(host: str) -> str:
    """An address a browser understands."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared with, not listened at
        return "localhost"
    return f"[{host}]" if ":" in host else host
