"""A service that cannot start, stopped by who started it: `python -m tests.kit.failing WHERE`."""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402
from contextlib import ExitStack  # noqa: E402

from crmkit.bus.local import LocalTransport  # noqa: E402
from crmkit.bus.topology import Topology  # noqa: E402
from crmkit.config import Settings  # noqa: E402
from crmkit.db import Database  # noqa: E402
from crmkit.doors.container import build  # noqa: E402
from tests.kit.workshop.service import WorkshopService  # noqa: E402


def fail(_database, _settings):
    raise RuntimeError("the shelves are missing")


class FailingService(WorkshopService):
    """One that is prepared in vain."""

    start = fail


class PreparedService(WorkshopService):
    """One that needs no preparation."""

    start = None


if __name__ == "__main__":
    database = Database("postgresql+psycopg2://nobody@127.0.0.1:1/none", "workshop")
    service, port = {"preparing": (FailingService, 0), "listening": (PreparedService, 1)}[
        sys.argv[1]
    ]
    address = ("192.0.2.1", port)
    settings = Settings.from_env({})
    transport = LocalTransport(Topology({}))
    running = build(service, settings, database, transport, ["http"], address)
    with ExitStack() as stack:
        stack.callback(running.stop)
        running.start()
