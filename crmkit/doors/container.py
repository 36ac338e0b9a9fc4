"""A service in this process: its Nameko container with the doors it is to have."""

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nameko.containers import ServiceContainer

from crmkit.bus.transport import Transport
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.doors.context import ServiceContext
from crmkit.doors.extensions import CONTEXT, DOORS, TRANSPORT
from crmkit.doors.http import ADDRESS, HttpDoor

ALL_DOORS = frozenset({"http", "events", "relay", "timers"})
_MOST_REQUESTS = 200
"""At once in one process; more wait in their connections."""


class RunningService:
    """One service of this process. `start()`, then `address`, `stop()`; `wait()` until it ends."""

    def __init__(self, service: type[Any], container: Any, context: ServiceContext) -> None:
        self._service = service
        self.context = context
        self._container = container
        self._prepare = container.service_cls.start

    @property
    def address(self) -> tuple[str, int]:
        """Host and port it listens on, once started."""
        host, port = self._container.config[ADDRESS]
        return host, port

    @property
    def port(self) -> int:
        """The port alone."""
        return self.address[1]

    def start(self) -> None:
        """Prepare what the service needs in its database, then open the doors."""
        if self._prepare is not None:
            self._prepare(self.context.database, self.context.settings)
        self._container.start()

    def stop(self) -> None:
        """Close the doors, let requests under way finish, close the database."""
        self._container.stop()
        self.context.database.close()

    def wait(self) -> None:
        """Return when it was stopped; raises what ended it otherwise."""
        self._container.wait()


def build(  # noqa: PLR0917 - each of them once, in the order of the composition
    service: type[Any],
    settings: Settings,
    database: Database,
    transport: Transport,
    doors: Iterable[str] = ALL_DOORS,
    address: tuple[str, int] = ("127.0.0.1", 0),
) -> RunningService:
    """Build a service from its class; nothing runs before `start()`.

    Raises ValueError for an unknown door.
    """
    wanted = frozenset(doors)
    if not wanted or wanted - ALL_DOORS:
        raise ValueError(f"doors are among {', '.join(sorted(ALL_DOORS))}")
    entities = {entity.name: entity for entity in service.entities}
    migrations = Path(inspect.getfile(service)).parent / "migrations" / "versions"
    context = ServiceContext(database, entities, settings, migrations)
    config = {
        CONTEXT: context,
        TRANSPORT: transport,
        DOORS: wanted,
        ADDRESS: address,
        "max_workers": _MOST_REQUESTS,
        "serializer": "json",
    }
    container = ServiceContainer(service, config)
    for entrypoint in list(container.entrypoints):
        if isinstance(entrypoint, HttpDoor) and entrypoint.door not in wanted | {"ops"}:
            container.entrypoints.remove(entrypoint)
    return RunningService(service, container, context)
