"""One service in a process of its own: `python -m tests.service.serve PACKAGE DATABASE_URL VAR`.

It is told nothing but what tests tell it, and prints the free port that it listens on. VAR is a
directory of its own. Jobs are done by a service of the tests' own only.
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


def main(package: str, url: str, var: str) -> None:
    service = importlib.import_module(f"{package}.service").SERVICE
    logs.configure(service.name, level="WARNING")
    database = Database(url, service.name)
    settings = Settings.from_env({"TANDEM_VAR": var})
    if service.start is not None:
        service.start(database, settings)
    doors = ["http"] if package.startswith("services.") else ["http", "timers"]
    running = build(service, settings, database, LocalTransport(Topology({})), doors)
    running.start()
    sys.stdout.write(f"{running.port}\n")
    sys.stdout.flush()
    running.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
