"""The address people reach Tandem at, refused in one line when it cannot be had."""

import errno
import socket

from tandem.refusals import CannotStart

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket, on a free port if `port` is 0; raises CannotStart."""
    listener = _bound(host, port, "set TANDEM_HOST and TANDEM_PORT to another address")
    listener.listen(_BACKLOG)
    return listener


def require_free(host: str, port: int, remedy: str) -> None:
    """Raise CannotStart, ending in `remedy`, when something listens there.

    Processes that share a port (SO_REUSEPORT) do not notice each other, so whoever starts the
    first of them asks before.
    """
    _bound(host, port, remedy).close()


def refused(host: str, port: int, error: OSError, remedy: str) -> CannotStart:
    """Why nobody can listen there, to be raised."""
    if error.errno == errno.EADDRINUSE:
        return CannotStart(f"{host}:{port} is taken by another program: stop it or {remedy}")
    return CannotStart(f"nobody can listen at {host}:{port} ({error.strerror}): {remedy}")


def _bound(host: str, port: int, remedy: str) -> socket.socket:
    """Bound as servers are (SO_REUSEADDR: a connection in TIME_WAIT does not hold the port)."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise refused(host, port, error, remedy) from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise refused(host, port, error, remedy) from None
    return listener
