"""One service, or some of its doors, as a process of its own: how Tandem runs at scale."""

from collections.abc import Iterator
from contextlib import contextmanager

from crmkit.bus.rabbitmq import RabbitTransport
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.doors.container import RunningService, build
from tandem import roster
from tandem.listening import require_free
from tandem.refusals import CannotStart


@contextmanager
def running(settings: Settings, service: str, doors: frozenset[str]) -> Iterator[RunningService]:
    """The doors open inside the block, and closed after what runs has ended.

    Copies of one process share its port (SO_REUSEPORT). Raises CannotStart.
    """
    if settings.bus != "rabbitmq":
        raise CannotStart("a service by itself needs a broker: TANDEM_BUS must be rabbitmq")
    port = roster.port_of(settings, service, doors)
    remedy = f"set TANDEM_{service.upper()}_URL to another port"
    require_free(settings.service_host, port, remedy, shared=True)
    served = build(
        roster.service_class(service),
        settings,
        Database(roster.current_url(settings, service), service),
        RabbitTransport(settings.amqp_url, roster.topology()),
        doors,
        (settings.service_host, port),
    )
    try:
        served.start()
        yield served
    finally:
        served.stop()
