"""Services in a process of their own: `python -m tests.service.serve VAR DOORS PACKAGE URL …`.

VAR is a directory of its own, DOORS what each is to have, with commas between them, URL a
service's database's. They hear no other service, may ask servers of the tests, and print the free
port that each listens on, in lines.
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


def main(var: str, doors: str, *packages: str) -> None:
    settings = Settings.from_env({"TANDEM_VAR": var, "TANDEM_PRIVATE_HOSTS": "127.0.0.1"})
    started = []
    for package, url in zip(packages[::2], packages[1::2], strict=True):
        service = importlib.import_module(f"{package}.service").SERVICE
        logs.configure(service.name, level="WARNING")
        heard = [{"name": h.name, "patterns": list(h.patterns)} for h in service.subscriptions]
        transport = LocalTransport(Topology({service.name: heard}))
        database = Database(url, service.name)
        started.append(build(service, settings, database, transport, doors.split(",")))
        started[-1].start()
        sys.stdout.write(f"{started[-1].port}\n")
    sys.stdout.flush()
    for running in started:
        running.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
