"""The services as the gateway sees them: kept-alive connections, deadlines, plain refusals."""

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

from contracts.errors import Problem, bad_request, timed_out, unavailable
from crmkit import paths

CONNECT_SECONDS = 2.0
READ_SECONDS = 35.0  # a service's own statements end after 30
PROBE_SECONDS = 2.0
SEARCH_SECONDS = 5.0

_IDLE_CONNECTIONS = 256
_WHOLE_BODY = 1024 * 1024
_BLOCK = 64 * 1024
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})

# Hop-by-hop (RFC 9110 7.6.1), and what the gateway's own server or front writes itself.
_NOT_PASSED_ON = frozenset(
    {
        "connection",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "server",
        "te",
        "traceparent",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    }
)
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.\-]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9/_.\-?&=%+~:,;@!$'()*\[\]]*")


class Reply(NamedTuple):
    """What a service said. A body of more than 1 MB, or of unknown length, comes in blocks."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes]

    @property
    def content_type(self) -> str:
        """The media type, lower case, without parameters."""
        for name, value in self.headers:
            if name.lower() == "content-type":
                return value.partition(";")[0].strip().lower()
        return ""

    def json(self) -> Any:
        """The body, parsed. Raises ValueError if it is not JSON."""
        return orjson.loads(self.body if isinstance(self.body, bytes) else b"".join(self.body))


def target_of(path: str, query: str) -> str:
    """The request target for a path (see `crmkit.paths`) and a raw query string, encoded anew."""
    if not _PLAIN_PATH.fullmatch(path):
        path = paths.encoded(quote(path.encode("latin-1"), safe="/-._~!$&'()*+,;=:@"))
    if not query:
        return path
    if not _PLAIN_QUERY.fullmatch(query):
        query = quote(query.encode("latin-1"), safe="/-._~!$&'()*+,;=:@?%[]")
    return f"{path}?{query}"


class _Request(NamedTuple):
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    whole: bool

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once (RFC 9110 9.2.2)."""
        return self.method in _REPEATABLE or "Idempotency-Key" in self.headers


class Upstream:
    """One service. `url` is its base, `http://host:port`.

    At most `capacity` requests wait for it at a time, so that a service that hangs cannot take
    every thread of the gateway with it; None sets no limit.
    """

    def __init__(
        self, name: str, url: str, *, read_seconds: float = READ_SECONDS, capacity: int | None
    ) -> None:
        self.name = name
        self._read_seconds = read_seconds
        self._pool = urllib3.connection_from_url(url, maxsize=_IDLE_CONNECTIONS, retries=False)
        self._slots = threading.Semaphore(capacity) if capacity else None

    def call(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        seconds: float | None = None,
        whole: bool = False,
    ) -> Reply:
        """Ask once; `seconds` bounds the wait for the answer, `whole` wants its body as bytes.

        A request that may be repeated is sent once more if its connection breaks: a kept-alive
        connection can end just as it is used. Raises Problem: 503 if the service is down or all
        its slots are taken, 504 if it does not answer in time, 502 if the connection broke and
        nobody knows whether the request was carried out, 400 for a header HTTP cannot carry.
        """
        asked = _Request(method, target, headers, body, seconds or self._read_seconds, whole)
        slots = self._slots
        if slots is not None and not slots.acquire(blocking=False):
            raise unavailable(f"The {self.name} service is overloaded.", retry_after=1)
        try:
            return self._call(asked)
        finally:
            if slots is not None:
                slots.release()

    def _call(self, asked: _Request) -> Reply:
        try:
            try:
                return self._send(asked)
            except (NewConnectionError, ConnectTimeoutError, ReadTimeoutError):
                raise
            except HTTPError:
                if not asked.repeatable:
                    raise
                return self._send(asked)
        except (NewConnectionError, ConnectTimeoutError):
            raise unavailable(f"The {self.name} service is not available.") from None
        except ReadTimeoutError:
            raise timed_out(f"The {self.name} service did not answer in time.") from None
        except HTTPError as error:
            if asked.repeatable:
                raise unavailable(f"The {self.name} service is not available.") from error
            raise Problem(
                502,
                "connection_lost",
                f"The connection to the {self.name} service broke: the request may or may not "
                "have been carried out. Send an Idempotency-Key to be able to repeat it.",
            ) from error
        except ValueError as error:
            raise bad_request("bad_header", "A header has characters HTTP cannot carry.") from error

    def _send(self, asked: _Request) -> Reply:
        response = self._pool.urlopen(
            asked.method,
            asked.target,
            body=asked.body or None,
            headers={"User-Agent": urllib3.util.SKIP_HEADER, **asked.headers},
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=asked.seconds),
        )
        passed = [
            (name, value)
            for name, value in response.headers.iteritems()
            if name.lower() not in _NOT_PASSED_ON
        ]
        length = response.headers.get("Content-Length", "")
        if asked.whole or (length.isdigit() and int(length) <= _WHOLE_BODY):
            content = response.read()
            response.release_conn()
            return Reply(response.status, passed, content)
        return Reply(response.status, passed, _blocks(response))

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


def _blocks(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from response.stream(_BLOCK)
        response.release_conn()
    finally:
        response.close()
