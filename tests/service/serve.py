"""One service in a process of its own: `python -m tests.service.serve PACKAGE URL VAR DOORS`.

URL is its database's, VAR a directory of its own, DOORS what it is to have, with commas between
them. It hears no other service, may ask servers of the tests, and prints the free port that it
listens on.
"""

import eventlet

eventlet.monkey_patch()

import importlib  # noqa: E402
import sys  # noqa: E402

from crmkit import logs  # noqa: E402
from crmkit.bus.local import LocalTransport  # noqa: E402
from crmkit.bus.topology import Topology  # noqa: E402
from crmkit.config import Settings  # noqa: E402
from crmkit.db import Database  # noqa: E402
from crmkit.doors.container import build  # noqa: E402


def main(package: str, url: str, var: str, doors: str) -> None:
    service = importlib.import_module(f"{package}.service").SERVICE
    logs.configure(service.name, level="WARNING")
    database = Database(url, service.name)
    settings = Settings.from_env({"TANDEM_VAR": var, "TANDEM_PRIVATE_HOSTS": "127.0.0.1"})
    heard = [{"name": h.name, "patterns": list(h.patterns)} for h in service.subscriptions]
    transport = LocalTransport(Topology({service.name: heard}))
    running = build(service, settings, database, transport, doors.split(","))
    running.start()
    sys.stdout.write(f"{running.port}\n")
    sys.stdout.flush()
    running.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
