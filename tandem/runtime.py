"""The processes in which services run: `run` is the whole suite, `serve` one service's doors.

Started by the command line as `python -m tandem.runtime ...`. The patch must come first: whatever
is imported before it would block all of the process whenever it waits (psycopg2 is patched too).
"""

import warnings

warnings.filterwarnings("ignore", "\nEventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import gc  # noqa: E402
import logging  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402
from contextlib import contextmanager, suppress  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

import eventlet.wsgi  # noqa: E402
from eventlet import tpool  # noqa: E402
from eventlet.support.greenlets import GreenletExit  # noqa: E402

from crmkit import logs, offload  # noqa: E402
from crmkit.doors import hub  # noqa: E402
from tandem.refusals import CannotStart, settings_from_env  # noqa: E402

if TYPE_CHECKING:  # imported later, when Ctrl-C ends it quietly
    from crmkit.doors.container import RunningService

_REQUEST_HEAD_SECONDS = 60.0
_DRAIN_SECONDS = 5.0
_REQUEST_LINE_BYTES = 65_536
"""Far more than the gateway takes, so that it is the gateway that says so."""
_OBJECTS_BETWEEN_COLLECTIONS = 20_000
_ENDED = b"\0"
"""What no signal writes: a signal's byte is its number."""

_log = logging.getLogger(__name__)

# Nameko warns of every listening socket that it closes as it should.
logging.getLogger("nameko.containers").setLevel(logging.ERROR)
# Alembic names each of its own plug-ins as it is imported.
logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)


def run_suite() -> int:
    """Run everything in this process until a signal says to stop."""
    logs.configure("tandem")
    settings = settings_from_env()
    from tandem.suite import running  # noqa: PLC0415 - all of the code, after the cheap refusals

    with running(settings, serving=_serving) as (greeting, services):
        print(greeting, flush=True)
        _spare_the_collector()
        return _until_told_to_stop(services)


def serve(service: str, doors: str) -> int:
    """Run these doors, separated by commas, of one service until a signal says to stop."""
    logs.configure(service)
    settings = settings_from_env()
    from tandem.alone import running  # noqa: PLC0415 - as above

    with running(settings, service, frozenset(doors.split(","))) as served:
        _spare_the_collector()
        return _until_told_to_stop([served])


def main(arguments: Sequence[str]) -> int:
    """Do as the arguments say: `run`, or `serve <service> <doors>`.

    Returns 0 when a signal stopped it, 1 when a service ended by itself, 2 when it cannot start.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    hub.watch()
    offload.install(tpool.execute)
    try:
        if arguments[0] == "run":
            return run_suite()
        return serve(arguments[1], arguments[2])
    except KeyboardInterrupt:
        return 0
    except CannotStart as error:
        print(f"tandem: {error}", file=sys.stderr)
        return 2


def _spare_the_collector() -> None:
    """Leave what has been loaded out of every later search for garbage (`gc.freeze`), and search
    less often: a request makes thousands of objects that die with it, without being searched for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


def _until_told_to_stop(services: "Sequence[RunningService]") -> int:
    """Return 0 after Ctrl-C or SIGTERM, whatever runs at that moment, or 1 when a service ended.

    The byte that a signal writes wakes the hub, which would not look at signals while it waits.
    """
    here, there = socket.socketpair()
    there.setblocking(False)  # noqa: FBT003 - the standard library's own
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: None)
    signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
    for service in services:
        eventlet.spawn(_tell_end, service, there)
    return 1 if here.recv(1) == _ENDED else 0


def _tell_end(service: "RunningService", there: socket.socket) -> None:
    try:
        service.wait()
    except Exception:  # noqa: BLE001 - Nameko raises what ended it, whatever that was
        _log.exception("a service ended by itself")
        there.send(_ENDED)


@contextmanager
def _serving(listener: socket.socket, app: Any) -> Iterator[None]:
    """Answer HTTP with a WSGI application; at the end let running requests finish for a while."""
    server = eventlet.spawn(
        eventlet.wsgi.server,
        listener,
        app,
        log=logging.getLogger("tandem.http"),
        log_output=False,
        debug=False,
        socket_timeout=_REQUEST_HEAD_SECONDS,
        capitalize_response_headers=False,
        url_length_limit=_REQUEST_LINE_BYTES,
    )
    try:
        yield
    finally:
        server.kill()
        with suppress(GreenletExit), eventlet.Timeout(_DRAIN_SECONDS, exception=False):
            server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
