"""One PostgreSQL cluster for a whole test run, shared by all its workers; a database for each test.

TANDEM_TEST_PG_URL (a superuser's URL) names another cluster to test on. Otherwise the embedded
one is started on first use, without fsync, and is gone when the run ends, even if it was killed:
the next run clears away what a dead one left.
"""

import fcntl
import importlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg2 import sql
from sqlalchemy.engine import make_url

from crmkit import migrations
from tandem.postgres import EmbeddedPostgres
from tandem.provision import connect

_RUN = "TANDEM_TEST_RUN"
_locks: list[int] = []
_started: list[EmbeddedPostgres] = []


def begin_run() -> None:
    """Called once by the process that leads the run, before it starts workers."""
    base = Path(tempfile.gettempdir()) / f"tandem-tests-{os.geteuid()}"
    base.mkdir(mode=0o700, exist_ok=True)
    with _exclusive(_turn(base)):
        for old in base.iterdir():
            lock = _try_lock(old / "lock")
            if lock is not None:
                _remove(old)
                os.close(lock)
        run = base / uuid.uuid4().hex[:8]
        run.mkdir()
        lock = _try_lock(run / "lock")
    assert lock is not None
    _locks.append(lock)
    os.environ[_RUN] = str(run)


def end_run() -> None:
    """Called by the same process when every worker has ended."""
    run = Path(os.environ.pop(_RUN))
    if external := os.environ.get("TANDEM_TEST_PG_URL"):
        with closing(connect(external)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", (f"test_{run.name}_%",)
            )
            for (name,) in cursor.fetchall():
                cursor.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))
    while _started:
        _started.pop().stop()
    with _exclusive(_turn(run.parent)):
        _remove(run)
        os.close(_locks.pop())


def admin_url() -> str:
    """The superuser's `postgresql+psycopg2://` URL of the cluster of this run."""
    if external := os.environ.get("TANDEM_TEST_PG_URL"):
        url = make_url(external)
    else:
        run = Path(os.environ[_RUN])
        url_file = run / "url"
        with _exclusive(run / "starting"):
            if not url_file.exists():
                # Kept, since a server that still runs may not be forgotten by who started it.
                _started.append(EmbeddedPostgres(run, durable=False))
                url_file.write_text(_started[-1].start())
        url = make_url(url_file.read_text())
    return url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


def fresh_directory() -> Path:
    """A new directory of this run for a server of a test's own.

    Not pytest's: every run of pytest closes the directory above all of theirs to other users,
    among them the one that PostgreSQL runs as when root starts it.
    """
    directory = Path(os.environ[_RUN]) / uuid.uuid4().hex[:8]
    directory.mkdir()
    return directory


def fresh_database(name: str = "db", template: str = "template0") -> str:
    """A new database, and its `postgresql+psycopg2://` URL; `name` is only for the reader."""
    database = f"test_{Path(os.environ[_RUN]).name}_{name}_{uuid.uuid4().hex[:8]}"
    with closing(connect(admin_url())) as connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )
    return _url_of(database)


def copy_of(key: str, build: Callable[[str], None]) -> str:
    """A new database like the one that `build(url)` fills, which happens once a run for each key.

    `build` must leave no connection open: PostgreSQL copies a database nobody is connected to.
    """
    run = Path(os.environ[_RUN])
    built = run / f"template-{key}"
    with _exclusive(run / f"building-{key}"):
        if not built.exists():
            url = fresh_database(f"template_{key}")
            build(url)
            built.write_text(make_url(url).database or "")
    return fresh_database(key, built.read_text())


def service_database(service: str) -> str:
    """A new database of this service, with all its migrations and nothing in it."""
    package = importlib.import_module(f"services.{service}")
    assert package.__file__ is not None
    versions = Path(package.__file__).parent / "migrations" / "versions"
    return copy_of(service, lambda url: [migrations.upgrade(url, versions), None][1])


def drop_database(url: str) -> None:
    """Remove one database of this run early, for tests that make many or large ones."""
    database = make_url(url).database or ""
    with closing(connect(admin_url())) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(database)))


def _turn(base: Path) -> Path:
    """Runs that begin or end at once take turns, or one would clear away what another begins."""
    return base.with_name(f"{base.name}.lock")


def _url_of(database: str) -> str:
    return make_url(admin_url()).set(database=database).render_as_string(hide_password=False)


def _remove(run: Path) -> None:
    EmbeddedPostgres(run, durable=False).stop()
    shutil.rmtree(run)


def _try_lock(path: Path) -> int | None:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
