"""`tandem run` as its user meets it: started, killed, stopped, refused."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from contracts.services import SERVICE_PORTS
from tests import cluster
from tests.e2e.test_trust import listening
from tests.eventually import eventually

_PATIENCE = 120.0
_GREETING = "Tandem is ready at "


@dataclass
class Suite:
    """One `tandem run`, ready; `said` is what it printed by then."""

    process: "subprocess.Popen[str]"
    url: str
    said: list[str]

    def sign_in(self, password: str) -> requests.Response:
        body = {"username": "admin", "password": password}
        return requests.post(f"{self.url}/api/v1/auth/token", json=body, timeout=_PATIENCE)

    def stop(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.process.wait(_PATIENCE)


class Home:
    """A directory `var`, and the suites that a test starts on it."""

    def __init__(self) -> None:
        self.var = cluster.fresh_directory()
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, **settings: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tandem.cli", "run"],
            env=_environment({"TANDEM_VAR": str(self.var), "TANDEM_PORT": "0"} | settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def ready(self) -> Suite:
        process = self.start()
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline().rstrip()
        assert first.startswith(_GREETING), process.stderr.read()
        return Suite(process, first.removeprefix(_GREETING), [first])

    def postgres(self) -> int:
        return int((self.var / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def _refusal(process: "subprocess.Popen[str]") -> str:
    """The one line that a process says which cannot start."""
    said, complained = process.communicate(timeout=_PATIENCE)
    assert (process.returncode, said) == (2, "")
    assert complained.startswith("tandem: ")
    return complained.removeprefix("tandem: ").removesuffix("\n")


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return plain | settings


@pytest.fixture
def home() -> Iterator[Home]:
    place = Home()
    yield place
    for process in place.processes:
        process.kill()
        process.communicate()


def test_a_suite_survives_kill_9_and_stops_cleanly(home: Home) -> None:
    first = home.ready()
    assert first.process.stdout is not None
    kept = home.var / "admin-password"
    password = kept.read_text().strip()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first.process.stdout.readline() == f"Sign in as admin with {password} (kept in {kept})\n"
    assert requests.get(f"{first.url}/readyz", timeout=_PATIENCE).json()["status"] == "ready"
    tokens = first.sign_in(password).json()
    account = requests.post(
        f"{first.url}/api/v1/accounts",
        json={"name": "Kept Ltd"},
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        timeout=_PATIENCE,
    )
    assert account.status_code == 201
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL

    second = home.ready()
    again = requests.get(
        f"{second.url}/api/v1/accounts/{account.json()['id']}",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        timeout=_PATIENCE,
    )
    assert again.json()["name"] == "Kept Ltd"
    server = os.pidfd_open(home.postgres())
    assert second.stop(signal.SIGINT) == 0
    assert second.process.stdout is not None
    assert second.process.stdout.read() == ""
    with pytest.raises(ProcessLookupError):
        signal.pidfd_send_signal(server, signal.SIGCONT)
    os.close(server)
    assert not (home.var / "postgres" / "postmaster.pid").exists()


def test_a_second_suite_in_one_directory_is_refused(home: Home) -> None:
    first = home.ready()
    second = home.start()
    assert _refusal(second) == (
        f"another Tandem is running in {home.var}: stop it or set TANDEM_VAR to another directory"
    )
    assert first.stop(signal.SIGTERM) == 0


def test_a_busy_port_is_refused(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        process = home.start(TANDEM_PORT=str(port))
        assert _refusal(process) == (
            f"127.0.0.1:{port} is taken by another program: stop it or set TANDEM_HOST and "
            "TANDEM_PORT to another address"
        )
    assert not (home.var / "postgres").exists()


def test_a_directory_that_cannot_be_written_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = home.start(TANDEM_VAR=str(tmp_path / "file"))
    assert _refusal(process) == (
        f"{tmp_path}/file cannot be written (File exists): make it writable or set "
        "TANDEM_VAR to another directory"
    )


def test_data_of_a_newer_version_is_refused(home: Home) -> None:
    (home.var / "postgres").mkdir()
    (home.var / "postgres" / "PG_VERSION").write_text("19\n")
    process = home.start()
    assert _refusal(process) == (
        f"{home.var}/postgres was written by PostgreSQL 19, a newer version than the 18 of "
        "this Tandem: start the Tandem that wrote it"
    )


def test_a_setting_that_cannot_be_read_is_refused(home: Home) -> None:
    process = home.start(TANDEM_PORT="many")
    assert _refusal(process) == ("TANDEM_PORT must be a port number, not 'many'")


@pytest.mark.parametrize(
    ("command", "settings", "refusal"),
    [
        (
            ["up"],
            {"TANDEM_PG_URL": "postgresql://postgres@127.0.0.1:1/postgres"},
            "PostgreSQL at 127.0.0.1:1 (TANDEM_PG_URL) cannot be reached: Connection refused",
        ),
        (
            ["up", "--copies", "sales=2"],
            {},
            (
                "there is no process sales: choose of gateway, identity-http, identity-work, "
                "sales-http, sales-work, inventory-http, inventory-work, support-http, "
                "support-work, messaging-http, messaging-work, reporting-http, reporting-work"
            ),
        ),
        (
            ["up", "--copies", "sales-work"],
            {},
            "--copies takes a process and a number (sales-work=3), not 'sales-work'",
        ),
        (
            ["serve", "billing"],
            {},
            (
                "there is no service billing: choose of identity, sales, inventory, support, "
                "messaging, reporting"
            ),
        ),
        (
            ["serve", "sales", "--doors", "http,window"],
            {},
            "there is no door 'window': choose of http, events, relay, timers",
        ),
        (
            ["serve", "sales"],
            {"TANDEM_BUS": "local"},
            "a service by itself needs a broker: TANDEM_BUS must be rabbitmq",
        ),
        (
            ["migrate"],
            {"TANDEM_PG_URL": "postgresql://postgres@127.0.0.1:1/postgres"},
            "PostgreSQL at 127.0.0.1:1 (TANDEM_PG_URL) cannot be reached: Connection refused",
        ),
        (
            ["gateway"],
            {"TANDEM_BUS": "carrier pigeon"},
            "TANDEM_BUS must be 'local' or 'rabbitmq', not 'carrier pigeon'",
        ),
    ],
)
def test_other_commands_refuse_in_one_line(
    command: list[str], settings: dict[str, str], refusal: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tandem.cli", *command],
        env=_environment({"TANDEM_VAR": str(tmp_path)} | _own_services() | settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert _refusal(process) == refusal


def _own_services() -> dict[str, str]:
    """Free addresses, so that a suite that runs beside the tests is not in the way."""
    addresses = {"TANDEM_PORT": "0"}
    for name in SERVICE_PORTS:
        with socket.create_server(("127.0.0.1", 0)) as free:
            addresses[f"TANDEM_{name.upper()}_URL"] = f"http://127.0.0.1:{free.getsockname()[1]}"
    return addresses


@pytest.mark.parametrize(
    ("settings", "host"), [({}, "127.0.0.1"), ({"TANDEM_SERVICE_HOST": "127.0.0.2"}, "127.0.0.2")]
)
def test_a_service_by_itself_listens_where_it_is_told_and_failing_that_on_this_machine(
    settings: dict[str, str], host: str, tmp_path: Path
) -> None:
    """Whatever the gateway is opened to."""
    with socket.create_server((host, 0)) as free:
        port = free.getsockname()[1]
    own = {"TANDEM_HOST": "0.0.0.0", "TANDEM_REPORTING_URL": f"http://127.0.0.1:{port}"}
    database = cluster.service_database("reporting")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.serve_alone", "reporting", "http", database],
        env=_environment({"TANDEM_VAR": str(tmp_path), "TANDEM_BUS": "rabbitmq"} | own | settings),
        cwd=Path(__file__).parents[2],
    )

    def answers() -> bool:
        assert process.poll() is None
        try:
            return requests.get(f"http://{host}:{port}/healthz", timeout=_PATIENCE).ok
        except requests.ConnectionError:
            return False

    try:
        eventually(answers, within=_PATIENCE)
        assert set(listening(process.pid)) == {(host, port)}
    finally:
        process.terminate()
        process.wait(_PATIENCE)
