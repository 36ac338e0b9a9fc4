"""Identity in a process of its own, on a database of its own and the bus inside the process.

`python -m tests.service.identity.serve DATABASE_URL VAR` serves it on a free port and prints it.
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
from services.identity.bootstrap import bootstrap  # noqa: E402
from services.identity.entities import Base  # noqa: E402
from services.identity.service import SERVICE  # noqa: E402


def main(url: str, var: str) -> None:
    logs.configure("identity", level="WARNING")
    settings = Settings.from_env({"TANDEM_VAR": var})
    database = Database(url, "identity")
    KIT.create_all(database.engine)
    Base.metadata.create_all(database.engine)
    bootstrap(database, settings)
    heard = [{"name": h.name, "patterns": list(h.patterns)} for h in SERVICE.subscriptions]
    transport = LocalTransport(Topology({"identity": heard}))
    running = build(SERVICE, settings, database, transport)
    running.start()
    sys.stdout.write(f"{running.port}\n")
    sys.stdout.flush()
    running.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
