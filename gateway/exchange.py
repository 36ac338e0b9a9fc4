"""One request on its way through the gateway: who asks, under which ids, and what was answered."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

import orjson

from contracts.errors import PROBLEM_TYPE, Problem
from crmkit import tracing
from crmkit.origin import Networks, client_address

ENVIRON_KEY = "tandem.exchange"

# The only client headers a service ever sees, by WSGI name. X-Request-Id and traceparent are
# the gateway's own; tracestate is forwarded only beside a valid traceparent.
_FORWARDED = (
    ("HTTP_AUTHORIZATION", "Authorization"),
    ("CONTENT_TYPE", "Content-Type"),
    ("HTTP_ACCEPT", "Accept"),
    ("HTTP_ACCEPT_LANGUAGE", "Accept-Language"),
    ("HTTP_IF_MATCH", "If-Match"),
    ("HTTP_IF_NONE_MATCH", "If-None-Match"),
    ("HTTP_IDEMPOTENCY_KEY", "Idempotency-Key"),
    ("HTTP_PREFER", "Prefer"),
    ("HTTP_USER_AGENT", "User-Agent"),
)
_TRACESTATE_LIMIT = 512

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Answer(NamedTuple):
    """A response, not yet dressed with the headers every response carries."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes]


class Exchange:
    """What is known of a request while it is being answered; one per request, filled as it goes.

    `address` is the client's; `proxies` are those whose word on it counts.
    `service` and `route` are labels of metrics and logs (who answers, and the plural or the page's
    name), never free text of a client.
    """

    __slots__ = (
        "address",
        "environ",
        "method",
        "path",
        "request_id",
        "route",
        "service",
        "traceparent",
        "tracestate",
        "upstream_seconds",
        "user_id",
    )

    def __init__(self, environ: WSGIEnvironment, proxies: Networks = ()) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO") or "/"
        self.request_id = tracing.request_id_from(environ.get("HTTP_X_REQUEST_ID"))
        caller = tracing.parse(environ.get("HTTP_TRACEPARENT"))
        self.traceparent = tracing.child_of(caller)
        state = environ.get("HTTP_TRACESTATE", "") if caller else ""
        self.tracestate: str = state if len(state) <= _TRACESTATE_LIMIT else ""
        self.address = client_address(
            environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""), proxies
        )
        self.user_id: str | None = None
        self.service = "gateway"
        self.route = "other"
        self.upstream_seconds = 0.0

    def forwarded(self) -> dict[str, str]:
        """The headers a service gets: the client's that are on the list, and the gateway's own."""
        environ = self.environ
        headers = {
            "X-Request-Id": self.request_id,
            "traceparent": self.traceparent,
        }
        for key, name in _FORWARDED:
            value = environ.get(key)
            if value:
                headers[name] = value
        if self.tracestate:
            headers["tracestate"] = self.tracestate
        if self.address:
            headers["X-Forwarded-For"] = self.address
        return headers


def problem_answer(problem: Problem, request_id: str) -> Answer:
    """A refusal as RFC 9457 problem details."""
    body = orjson.dumps(problem.body(request_id))
    headers = [("Content-Type", PROBLEM_TYPE), *problem.headers.items()]
    return Answer(problem.status, headers, body)
