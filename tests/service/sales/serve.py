"""Sales in a process of its own, on a database of its own, told nothing but what tests tell it.

`python -m tests.service.sales.serve DATABASE_URL` serves it on a free port and prints it.
"""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402

from crmkit import logs  # noqa: E402
from crmkit.bus.local import LocalTransport  # noqa: E402
from crmkit.bus.topology import Topology  # noqa: E402
from crmkit.config import Settings  # noqa: E402
from crmkit.db import KIT, Database  # noqa: E402
from crmkit.doors.container import build  # noqa: E402
from services.sales.service import SERVICE  # noqa: E402


def main(url: str) -> None:
    logs.configure("sales", level="WARNING")
    database = Database(url, "sales")
    KIT.create_all(database.engine)
    SERVICE.base.metadata.create_all(database.engine)
    transport = LocalTransport(Topology({}))
    running = build(SERVICE, Settings.from_env({}), database, transport, ["http"])
    running.start()
    print(running.port, flush=True)  # noqa: T201 - the fixture reads it
    running.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
