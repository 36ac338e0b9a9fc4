"""The PostgreSQL that comes with Tandem, started, killed, taken over and refused."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from tandem.postgres import MAJOR_VERSION, EmbeddedPostgres
from tandem.refusals import CannotStart
from tests import cluster as run_cluster

_PATIENCE = 30.0


Cluster = Callable[..., EmbeddedPostgres]


@pytest.fixture
def directory() -> Path:
    """A directory that PostgreSQL's own user may enter."""
    return run_cluster.fresh_directory()


@pytest.fixture
def cluster(directory: Path) -> Iterator[Cluster]:
    """Makes as many Tandems with one data directory as a test wants; all are stopped after it."""
    made = []

    def make(**options: bool) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(directory, **options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def _run(url: str, statement: str) -> object:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def _pid(directory: Path) -> int:
    return int((directory / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def _wait_for_end(pidfd: int) -> None:
    readable, _, _ = select.select([pidfd], [], [], _PATIENCE)
    os.close(pidfd)
    assert readable, "the process lives on"


def test_what_was_committed_is_there_after_a_stop_and_a_start(
    cluster: Cluster, directory: Path
) -> None:
    first = cluster()
    _run(first.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    assert not (directory / "postgres" / "postmaster.pid").exists()

    second = cluster()
    assert _run(second.start(), "SELECT answer FROM kept") == (42,)
    assert _run(second.url, "SELECT current_setting('server_version_num')::int / 10000") == (
        MAJOR_VERSION,
    )


def test_a_killed_server_recovers_what_was_committed(cluster: Cluster, directory: Path) -> None:
    server = cluster()
    _run(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(_pid(directory), signal.SIGKILL)
    assert server._child is not None
    server._child.wait()

    again = cluster()
    assert _run(again.start(), "SELECT answer FROM kept") == (42,)


def test_a_running_server_is_taken_over(cluster: Cluster, directory: Path) -> None:
    first = cluster()
    first.start()
    pid = _pid(directory)

    second = cluster()
    assert second.start() == first.url
    assert _pid(directory) == pid

    second.stop()
    assert first._child is not None
    assert first._child.wait() == 0


def test_the_server_ends_with_a_killed_tandem_and_starts_again(
    cluster: Cluster, directory: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from tandem.postgres import EmbeddedPostgres\n"
        "print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as tandem:
        assert tandem.stdout is not None
        url = tandem.stdout.readline().strip()
        _run(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        server = os.pidfd_open(_pid(directory))
        tandem.kill()
    _wait_for_end(server)

    assert _run(cluster().start(), "SELECT answer FROM kept") == (42,)


def test_a_half_made_cluster_is_made_again(cluster: Cluster, directory: Path) -> None:
    (directory / "postgres.new" / "base").mkdir(parents=True)
    (directory / "postgres.new" / "PG_VERSION").write_text(f"{MAJOR_VERSION}\n")
    assert _run(cluster().start(), "SELECT 1") == (1,)


def test_a_pid_file_left_behind_by_a_dead_machine_stops_nobody(
    cluster: Cluster, directory: Path
) -> None:
    server = cluster(durable=False)
    server.start()
    pid_file = directory / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    server.stop()
    pid_file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))

    assert _run(cluster(durable=False).start(), "SELECT 1") == (1,)


@pytest.mark.parametrize(("version", "age"), [("19", "newer"), ("17", "another")])
def test_data_of_another_version_is_refused(directory: Path, version: str, age: str) -> None:
    (directory / "postgres").mkdir()
    (directory / "postgres" / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(CannotStart) as refusal:
        EmbeddedPostgres(directory).start()
    assert str(refusal.value) == (
        f"{directory}/postgres was written by PostgreSQL {version}, a {age} version than the 18 of "
        "this Tandem: start the Tandem that wrote it"
    )


def test_a_server_that_cannot_start_says_why(cluster: Cluster, directory: Path) -> None:
    server = cluster()
    server.start()
    server.stop()
    (directory / "postgres" / "postgresql.conf").write_text("shared_buffers = many\n")
    with pytest.raises(CannotStart) as refusal:
        cluster().start()
    assert str(refusal.value) == (
        'PostgreSQL did not start: configuration file "'
        f'{directory}/postgres/postgresql.conf" contains errors (see {directory}/postgres.log)'
    )


def test_a_directory_of_a_long_name_gets_a_short_socket(directory: Path) -> None:
    deep = directory / ("a" * 60) / ("b" * 60)
    server = EmbeddedPostgres(deep, durable=False)
    try:
        assert _run(server.start(), "SELECT 1") == (1,)
    finally:
        server.stop()
