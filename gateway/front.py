"""What every request passes first. A record's request goes from here to its service as bytes."""

import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog

from contracts.errors import Problem
from crmkit import paths
from crmkit.origin import Networks
from gateway import limits, metrics
from gateway.catalogue import Catalogue, Route
from gateway.exchange import ENVIRON_KEY, STATUS_LINES, Answer, Exchange, problem_answer
from gateway.keys import KeyRing
from gateway.upstream import Upstream, target_of

API = "/api/v1"
COMPOSED = frozenset(
    {
        "search",
        "recycle-bin",
        "parked-events",
        "jwks",
        "tags",
        "recent",
        "followed",
        "key-metrics",
        "audit",
        "person-data",
        "access",
    }
)
"""First words of paths under the API that the gateway answers itself, from several services."""

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_log = structlog.get_logger("gateway.access")


class Front:
    """WSGI middleware before the Flask application, which only ever sees the gateway's own pages.

    In one fixed order: head limits → route → token → body limit → depth limit → service.
    """

    def __init__(
        self,
        pages: WSGIApplication,
        catalogue: Catalogue,
        upstreams: Mapping[str, Upstream],
        keys: KeyRing,
        proxies: Networks = (),
    ) -> None:
        self._pages = pages
        self._catalogue = catalogue
        self._upstreams = upstreams
        self._keys = keys
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333); whatever goes wrong is a problem document."""
        started = time.perf_counter()
        exchange = Exchange(environ, self._proxies)
        environ[ENVIRON_KEY] = exchange
        try:
            limits.check_head(environ)
            exchange.path = environ["PATH_INFO"] = paths.path_info(environ)
            route = self._route(exchange)
            if route is None:
                return self._pages(environ, self._dressed(exchange, started, start_response))
            answer = self._pass_on(exchange, route)
        except Problem as problem:
            answer = problem_answer(problem, exchange.request_id)
        except Exception:  # noqa: BLE001  logged below; the client gets its request id
            _log.exception("request failed", request_id=exchange.request_id)
            answer = problem_answer(internal_error(), exchange.request_id)
        self._dressed(exchange, started, start_response)(
            STATUS_LINES.get(answer.status, f"{answer.status} Unknown"), answer.headers
        )
        if exchange.method == "HEAD":
            return ()
        return (answer.body,) if isinstance(answer.body, bytes) else answer.body

    def _route(self, exchange: Exchange) -> Route | None:
        path = exchange.path
        if not path.startswith(API + "/"):
            return None
        if path[len(API) + 1 :].partition("/")[0] in COMPOSED:
            return None
        if self._catalogue.spans(path[len(API) :]):
            return None
        return self._catalogue.resolve(exchange.method, path[len(API) :])

    def _pass_on(self, exchange: Exchange, route: Route) -> Answer:
        environ = exchange.environ
        exchange.service, exchange.route = route.service, route.label
        body_limit = limits.BODY_LIMIT
        if route.public:
            body_limit = limits.OPEN_BODY_LIMIT
        else:
            authorization = environ.get("HTTP_AUTHORIZATION")
            exchange.user_id = self._keys.authenticate(authorization).user_id
        body = limits.read_body(environ, body_limit)
        if body:
            limits.check_depth(body, environ.get("CONTENT_TYPE", ""))
        return forward(self._upstreams[route.service], exchange, exchange.path[len(API) :], body)

    def _dressed(
        self, exchange: Exchange, started: float, start_response: StartResponse
    ) -> StartResponse:
        """Give every answer its request id and guards, and note it in metrics and the log."""

        def start(
            status_line: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            given = {name.lower() for name, _ in headers}
            headers.append(("X-Request-Id", exchange.request_id))
            headers.extend(pair for pair in limits.API_HEADERS if pair[0].lower() not in given)
            _note(exchange, int(status_line[:3]), time.perf_counter() - started)
            return start_response(status_line, headers, exc_info)

        return start


def forward(upstream: Upstream, exchange: Exchange, path: str, body: bytes = b"") -> Answer:
    """Ask the service for `path` with the caller's query and headers, and pass on what it says.

    A HEAD is asked as a GET: services need not know it. An error that is not in the shape of all
    others (a crash below the service's own doors) is put into it. Raises Problem.
    """
    target = target_of(path, exchange.environ.get("QUERY_STRING", ""))
    method = "GET" if exchange.method == "HEAD" else exchange.method
    asked = time.perf_counter()
    try:
        reply = upstream.call(method, target, exchange.forwarded(), body)
    finally:
        exchange.upstream_seconds = time.perf_counter() - asked
    if reply.status >= HTTPStatus.BAD_REQUEST and not reply.content_type.endswith("json"):
        raise _plain_error(upstream.name, reply.status)
    return Answer(reply.status, reply.headers, reply.body)


def internal_error() -> Problem:
    """500: a fault of ours; the request id finds it in the logs."""
    return Problem(500, "internal_error", "Something went wrong here; it has been logged.")


def _plain_error(service: str, status: int) -> Problem:
    try:
        code = HTTPStatus(status).name.lower()
    except ValueError:
        code = "error"
    return Problem(status, code, f"The {service} service answered with status {status}.")


def _note(exchange: Exchange, status: int, seconds: float) -> None:
    method = exchange.method if exchange.method in limits.METHODS else "other"
    metrics.observe(exchange.service, method, status, seconds)
    if exchange.path in _QUIET:
        return
    _log.info(
        "request",
        method=exchange.method,
        path=exchange.path,
        status=status,
        milliseconds=round(seconds * 1000, 2),
        upstream=exchange.service,
        upstream_milliseconds=round(exchange.upstream_seconds * 1000, 2),
        route=exchange.route,
        request_id=exchange.request_id,
        trace_id=exchange.traceparent[3:35],
        user_id=exchange.user_id,
        client=exchange.address,
    )
