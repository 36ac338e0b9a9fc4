"""A RabbitMQ node of our own: own ports, data, cookie and name server, gone when its parent is.

Ports lie below 32768: above, the connect of a client that waits for a killed node may be given
the node's own port, and the node cannot come back.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pika
from pika.exceptions import AMQPError

from tandem.orphans import die_with_parent

_START_SECONDS = 60.0
_PORTS = range(21000, 32000)
_CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{port}
raft.wal_max_size_bytes = 33554432
log.file.level = error
"""


def server() -> Path | None:
    """The start script of an installed RabbitMQ, not Debian's wrapper that changes the user."""
    candidates = [Path("/usr/lib/rabbitmq/bin/rabbitmq-server")]
    if found := shutil.which("rabbitmq-server"):
        candidates.append(Path(found))
    return next((path for path in candidates if path.exists()), None)


class RabbitNode:
    """One node with its data under `directory`; `kill` is kill -9, and `start` brings it back."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._directory.mkdir(parents=True)
        self._port, self._names_port, self._distribution_port = free_ports(3)
        self._names: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}/%2F"
        (directory / "rabbitmq.conf").write_text(_CONFIGURATION.format(port=self._port))
        (directory / "plugins").write_text("[].\n")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        if self._names is None:
            self._names = self._launch([_installed("epmd"), "-port", str(self._names_port)])
        script = server()
        assert script is not None
        self._node = self._launch([str(script)])
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            log = self._directory / "output"
            assert self._node.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.1)

    def kill(self) -> None:
        """As a power cut does."""
        if self._node is not None:
            self._node.kill()
            self._node.wait()
            self._node = None

    def stop(self) -> None:
        """For good, with its data."""
        self.kill()
        if self._names is not None:
            self._names.kill()
            self._names.wait()
        shutil.rmtree(self._directory)

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        directory = str(self._directory)
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": directory,  # where Erlang makes its cookie
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test{self._port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": f"{directory}/data",
            "RABBITMQ_LOG_BASE": f"{directory}/log",
            "RABBITMQ_CONFIG_FILE": f"{directory}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{directory}/plugins",
            "RABBITMQ_CONF_ENV_FILE": f"{directory}/none",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
            "RUNNING_UNDER_SYSTEMD": "true",  # the node replaces its start script
        }
        with (self._directory / "output").open("ab") as output:
            return subprocess.Popen(
                command,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called by the main thread
            )

    def _answers(self) -> bool:
        try:
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except (AMQPError, OSError):
            return False
        return True


def _installed(program: str) -> str:
    path = shutil.which(program)
    assert path is not None, f"RabbitMQ is installed and {program} is not"
    return path


def free_ports(count: int) -> list[int]:
    """Ports nobody listens at; the search starts at a different place in each process."""
    found: list[int] = []
    start = os.getpid() * 7 % len(_PORTS)
    for port in [*_PORTS[start:], *_PORTS[:start]]:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free port")
