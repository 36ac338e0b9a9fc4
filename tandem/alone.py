"""One service, or some of its doors, as a process of its own: how Tandem runs at scale."""

from collections.abc import Iterator
from contextlib import contextmanager

from crmkit.bus.rabbitmq import RabbitTransport
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.doors.container import RunningService, build
from tandem import roster
from tandem.listening import refused
from tandem.refusals import CannotStart


@contextmanager
def running(settings: Settings, service: str, doors: frozenset[str]) -> Iterator[RunningService]:
    """The doors open inside the block, and closed after what runs has ended.

    Copies of one process share its port (SO_REUSEPORT). Raises CannotStart.
    """
    if settings.bus != "rabbitmq":
        raise CannotStart("a service by itself needs a broker: TANDEM_BUS must be rabbitmq")
    address = (settings.host, roster.port_of(settings, service, doors))
    served = build(
        roster.service_class(service),
        settings,
        Database(roster.current_url(settings, service), service),
        RabbitTransport(settings.amqp_url, roster.topology()),
        doors,
        address,
    )
    try:
        try:
            served.start()
        except OSError as error:
            raise refused(*address, error, "set TANDEM_<SERVICE>_URL to another port") from None
        yield served
    finally:
        served.stop()
