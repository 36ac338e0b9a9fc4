"""A fresh suite for one acceptance: its own directory, ports, databases and broker, gone after."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import requests
from psycopg2 import sql

from contracts.services import SERVICE_PORTS
from crmkit.config import Settings
from tandem.provision import connect
from tandem.refusals import CannotStart

HOST = "127.0.0.1"
_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
_WORK_PORT = 100
"""A service's second process listens this far above its first (tandem/roster.py)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running suite. `var` is its directory; the log is in `var/suite.log`.

    `processes` are the addresses at which its processes show their figures. The databases are at
    `pg_url`, named by `prefix` and service; without one they are those of `tandem run`, in `var`.
    """

    url: str
    password: str
    var: Path
    processes: tuple[str, ...]
    pg_url: str = ""
    prefix: str = "tandem_"


@contextmanager
def embedded() -> Iterator[Stage]:
    """`tandem run` on an empty directory."""
    with _directory() as var, _running("run", var, {}) as stage:
        yield stage


@contextmanager
def up(settings: Settings) -> Iterator[Stage]:
    """`tandem up` on empty databases and an empty virtual host of the servers in `settings`.

    Raises CannotStart when one of them cannot be had.
    """
    name = f"tandem_accept_{secrets.token_hex(4)}"
    prefix = f"{name}_"
    ports = _free_ports(len(SERVICE_PORTS), also=_WORK_PORT)
    environment = {
        f"TANDEM_{service.upper()}_URL": f"http://{HOST}:{port}"
        for service, port in zip(SERVICE_PORTS, ports, strict=True)
    }
    with ExitStack() as stack:
        environment |= {
            "TANDEM_BUS": "rabbitmq",
            "TANDEM_PG_URL": settings.pg_url,
            "TANDEM_DATABASE_PREFIX": prefix,
            "TANDEM_AMQP_URL": stack.enter_context(_virtual_host(settings.amqp_url, name)),
        }
        connect(settings.pg_url).close()
        stack.callback(_drop_databases, settings.pg_url, prefix)
        var = stack.enter_context(_directory())
        services = [f"http://{HOST}:{port + also}" for port in ports for also in (0, _WORK_PORT)]
        running = stack.enter_context(_running("up", var, environment, services))
        yield replace(running, pg_url=settings.pg_url, prefix=prefix)


@contextmanager
def _directory() -> Iterator[Path]:
    """Removed when all went well; kept, for its log, when not."""
    home = Path(tempfile.mkdtemp(prefix="tandem-accept-"))
    try:
        yield home / "var"
    except BaseException:
        print(f"The suite's files and its log are kept in {home}", file=sys.stderr)
        raise
    shutil.rmtree(home)


@contextmanager
def _running(
    command: str, var: Path, environment: dict[str, str], services: Sequence[str] = ()
) -> Iterator[Stage]:
    password = secrets.token_urlsafe(16)
    (port,) = _free_ports(1)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
    environment |= {
        "TANDEM_VAR": str(var),
        "TANDEM_HOST": HOST,
        "TANDEM_PORT": str(port),
        "TANDEM_ADMIN_PASSWORD": password,
    }
    var.mkdir()
    log = var / "suite.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-P", "-m", "tandem.cli", command],
            env=inherited | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://{HOST}:{port}"
            _await_ready(process, url, log)
            yield Stage(url, password, var, (url, *services))
        finally:
            _stop(process)


def _await_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    tail = log.read_text(errors="replace").splitlines()[-5:]
    raise CannotStart("\n".join(["the suite did not become ready:", *tail, f"(see {log})"]))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_ports(count: int, *, also: int = 0) -> list[int]:
    """Ports nobody listens at just now, those `also` above them free too."""
    with ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < count:
            holder = stack.enter_context(closing(socket.socket()))
            holder.bind((HOST, 0))
            port = holder.getsockname()[1]
            try:
                if also:
                    stack.enter_context(closing(socket.socket())).bind((HOST, port + also))
            except (OSError, OverflowError):
                continue
            ports.append(port)
        return ports


def _drop_databases(pg_url: str, prefix: str) -> None:
    with closing(connect(pg_url)) as connection, connection.cursor() as cursor:
        for service in SERVICE_PORTS:
            name = sql.Identifier(f"{prefix}{service}")
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(name))
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


@contextmanager
def _virtual_host(amqp_url: str, name: str) -> Iterator[str]:
    """An empty virtual host of the broker's, made and removed with its own tool.

    Raises CannotStart where that tool is missing or may not do it.
    """
    user = urlsplit(amqp_url).username or "guest"
    _rabbitmqctl("add_vhost", name)
    try:
        _rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield urlsplit(amqp_url)._replace(path=f"/{name}").geturl()
    finally:
        _rabbitmqctl("delete_vhost", name)


def _rabbitmqctl(*arguments: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - arguments of our own
            ["rabbitmqctl", "--quiet", *arguments],  # noqa: S607 - wherever RabbitMQ put it
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except FileNotFoundError:
        raise CannotStart("rabbitmqctl is not installed: accept --mode up needs it") from None
    except subprocess.TimeoutExpired:
        raise CannotStart(f"rabbitmqctl {arguments[0]} does not come to an end") from None
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
        raise CannotStart(f"rabbitmqctl {arguments[0]} failed: {reason[-1]}")
