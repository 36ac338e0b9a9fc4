"""The six services as Python finds them: their classes, their migrations, who hears what."""

import importlib
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy.exc import OperationalError

import contracts
import services
from contracts.services import SERVICE_PORTS
from crmkit import migrations
from crmkit.bus.topology import Topology
from crmkit.config import Settings
from tandem.provision import entrust, provision, service_url
from tandem.refusals import CannotStart

DOORS = ("http", "events", "relay", "timers")
SCHEMAS = Path(contracts.__path__[0]) / "schemas"


def service_class(service: str) -> Any:
    """The Nameko class of a service; imports all of the service, and eventlet with it."""
    return importlib.import_module(f"services.{service}.service").SERVICE


def revisions(service: str) -> Path:
    """The directory of a service's migrations; imports nothing of the service."""
    return Path(services.__path__[0]) / service / "migrations" / "versions"


def port_of(settings: Settings, service: str, doors: Collection[str]) -> int:
    """Where a process of the service with these doors listens.

    Without the http door it has /healthz, /readyz and /metrics only, and a port of its own: on a
    shared one it would be handed requests that it cannot answer.
    """
    port = urlsplit(settings.service_urls[service]).port or 80
    return port if "http" in doors else port + 100


def topology() -> Topology:
    """Who hears what, as committed in contracts/schemas."""
    return Topology(orjson.loads((SCHEMAS / "topology.json").read_bytes()))


def prepare(settings: Settings) -> list[str]:
    """Create the roles and databases that are missing, and bring each up to this code.

    Returns the services whose database changed. Raises CannotStart, also when a newer Tandem
    wrote the data.
    """
    provision(settings)
    changed = []
    for service in SERVICE_PORTS:
        try:
            if migrations.upgrade(service_url(settings, service), revisions(service)):
                changed.append(service)
        except migrations.WrongVersion as error:
            raise CannotStart(str(error)) from None
        entrust(settings, service)
    return changed


def current_url(settings: Settings, service: str) -> str:
    """The URL of the service's database; raises CannotStart unless it is at this code's version."""
    url = service_url(settings, service)
    try:
        migrations.require_current(url, revisions(service))
    except migrations.WrongVersion as error:
        raise CannotStart(str(error)) from None
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise CannotStart(
            f"the database of {service} (TANDEM_PG_URL) cannot be reached: {reason}"
        ) from None
    return url
