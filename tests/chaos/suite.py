"""The suite that is to survive, its broker and its PostgreSQL, all of them private and mortal."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import requests
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import make_url

from contracts.services import SERVICE_PORTS
from tandem.orphans import die_with_parent
from tandem.postgres import EmbeddedPostgres
from tests.chaos import prey
from tests.rabbitmq_node import RabbitNode, free_ports

HOST = "127.0.0.1"
_WORK_PORT = 100
"""A service's second process listens this far above its first (tandem/roster.py)."""
_LONGEST_OUTAGE = 2.0
_LONGEST_START = 4.0


class Embedded:
    """`tandem run`: one process, started again by us each time it dies."""

    kinds: Sequence[str] = ("suite", "starting suite")
    outages: Sequence[str] = ()
    _command = "run"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.password = secrets.token_urlsafe(16)
        self.absorbed = 0
        self._port = 0
        self._environment = {
            "TANDEM_VAR": str(directory / "var"),
            "TANDEM_HOST": HOST,
            "TANDEM_ADMIN_PASSWORD": self.password,
        }
        self._prefix = "tandem_"
        self._postgres = EmbeddedPostgres(directory / "var")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self._start()
            prey.wait_until(self.ready, f"{self.url} is not ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """It has shown what it can: an orderly end would take longer and show nothing more."""
        if self._process is not None:
            for pid, _ in list(prey.descendants(self._process.pid)):
                prey.kill(pid)
            self._process.wait()
        self._postgres.stop()

    @property
    def url(self) -> str:
        """Where the gateway listens."""
        return f"http://{HOST}:{self._port}"

    def ready(self) -> bool:
        """Whether the gateway and all services say so."""
        assert self._process is not None
        assert self._process.poll() is None, f"tandem {self._command} ended: see {self.directory}"
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        return False

    def database_url(self, service: str) -> str:
        """The superuser's `postgresql+psycopg2://` URL of a service's database."""
        url = make_url(self._postgres.url).set(
            drivername="postgresql+psycopg2", database=f"{self._prefix}{service}"
        )
        return url.render_as_string(hide_password=False)

    def kill(self, kind: str, chance: random.Random) -> Counter[str]:
        """`kill -9` a process of that kind, and see to it that one runs again; what has died."""
        assert self._process is not None
        prey.wait_until(self.ready, f"{self.url} is not ready")
        self._note_absorbed([self._port])
        self._kill_process()
        if kind == "starting suite":
            time.sleep(chance.uniform(0, _LONGEST_START))
            self._kill_process()
        return Counter({"suite": 1, kind: 1})

    def finish(self) -> None:
        """Take down the last figures."""
        self._note_absorbed([self._port])

    def _prepare(self) -> None:
        """Start what the suite needs, and find it free ports."""
        self._listen_at(*free_ports(1))

    def _listen_at(self, port: int) -> None:
        self._port = port
        self._environment["TANDEM_PORT"] = str(port)

    def _start(self) -> None:
        with (self.directory / "suite.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tandem.cli", self._command],
                env={k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
                | self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - called by the main thread
            )

    def _kill_process(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._start()

    def _note_absorbed(self, ports: Sequence[int]) -> None:
        """Count the duplicates these processes have seen; their figures die with them."""
        for port in ports:
            with suppress(requests.RequestException):
                answer = requests.get(f"http://{HOST}:{port}/metrics", timeout=5)
                for family in text_string_to_metric_families(answer.text):
                    if family.name == "tandem_events_handled":
                        self.absorbed += sum(
                            round(sample.value)
                            for sample in family.samples
                            if sample.labels.get("outcome") == "duplicate"
                            and sample.name.endswith("_total")
                        )


class Up(Embedded):
    """`tandem up`: separate processes, started again by their supervisor.

    Of each service one process answers HTTP, and one consumes, relays and keeps time.
    """

    kinds = (
        "sales-work",
        "inventory-work",
        "reporting-work",
        "sales-http",
        "gateway",
        "messaging-work",
        "identity-work",
        "support-work",
        "inventory-http",
        "reporting-http",
        "identity-http",
        "messaging-http",
        "support-http",
    )
    outages = ("broker", "postgresql")
    _command = "up"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._prefix = "chaos_"
        self._postgres = EmbeddedPostgres(directory / "cluster")
        self._broker = RabbitNode(directory / "broker")
        self._ports: dict[str, int] = {}

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._broker.stop()

    def kill(self, kind: str, chance: random.Random) -> Counter[str]:
        if kind == "broker":
            self._broker.kill()
            time.sleep(chance.uniform(0, _LONGEST_OUTAGE))
            self._broker.start()
        elif kind == "postgresql":
            self._kill_postgres()
        else:
            candidates = prey.wait_until(lambda: self._alive(kind), f"{kind} is not back")
            self._note_absorbed([self._ports[kind]])
            prey.kill(chance.choice(candidates))
        return Counter({kind: 1})

    def finish(self) -> None:
        self._note_absorbed([port for kind, port in self._ports.items() if kind != "gateway"])

    def _prepare(self) -> None:
        self._broker.start()
        self._postgres.start()
        first, *others = free_ports(1 + len(SERVICE_PORTS))
        self._listen_at(first)
        ports = dict(zip(SERVICE_PORTS, others, strict=True))
        self._ports = {"gateway": first}
        for service, port in ports.items():
            self._ports |= {f"{service}-http": port, f"{service}-work": port + _WORK_PORT}
        self._environment |= {
            "TANDEM_BUS": "rabbitmq",
            "TANDEM_PG_URL": self._postgres.url,
            "TANDEM_DATABASE_PREFIX": self._prefix,
            "TANDEM_AMQP_URL": self._broker.url,
        } | {f"TANDEM_{name.upper()}_URL": f"http://{HOST}:{port}" for name, port in ports.items()}

    def _alive(self, kind: str) -> list[int]:
        """The gateway's master and workers, the one process of another kind; none while it starts.

        What its dead master leaves behind is not among them: it ends by itself.
        """
        assert self._process is not None
        service, _, work = kind.partition("-")
        found = []
        for pid, words in prey.descendants(self._process.pid):
            serves = words[3:6] == ["tandem.runtime", "serve", service]
            if kind == "gateway":
                matches = "gateway.wsgi:app" in words
            else:
                matches = serves and (work == "http") == ("http" in words[6])
            if matches:
                found.append(pid)
        return found if prey.listens(HOST, self._ports[kind]) else []

    def _kill_postgres(self) -> None:
        """The postmaster dies, its children see it and end; the next one recovers."""
        pid = int((self._postgres.data / "postmaster.pid").read_text().split("\n", 1)[0])
        prey.kill(pid)
        os.waitpid(pid, 0)
        self._postgres = EmbeddedPostgres(self._postgres.directory)
        self._postgres.start()
