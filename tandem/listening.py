"""The address people reach Tandem at, refused in one line when it cannot be had."""

import errno
import socket

from tandem.refusals import CannotStart

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket, on a free port if `port` is 0; raises CannotStart."""
    listener = _bound(host, port, "set TANDEM_HOST and TANDEM_PORT to another address")
    # Connections inherit it: the end of a long answer does not wait until its start is confirmed.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.listen(_BACKLOG)
    return listener


def require_free(host: str, port: int, remedy: str, *, shared: bool = False) -> None:
    """Raise CannotStart, ending in `remedy`, when something listens there.

    Copies of a process share a port (SO_REUSEPORT) and do not notice each other: whoever starts
    the first asks whether the port is free, and each of them, `shared`, whether only they have it.
    """
    _bound(host, port, remedy, shared=shared).close()


def _bound(host: str, port: int, remedy: str, *, shared: bool = False) -> socket.socket:
    """Bound as servers are (SO_REUSEADDR: a connection in TIME_WAIT does not hold the port)."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"{host}:{port} is taken by another program: stop it or {remedy}"
        else:
            reason = f"nobody can listen at {host}:{port} ({error.strerror}): {remedy}"
        raise CannotStart(reason) from None
    return listener
