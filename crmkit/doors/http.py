"""The HTTP door: Nameko's entrypoints on eventlet's server, fit for keep-alive and for copies."""

import logging
import socket
from typing import Any

import eventlet
import orjson
from eventlet import wsgi
from nameko.web.handlers import HttpRequestHandler
from nameko.web.server import HttpOnlyProtocol, WebServer, WsgiApp
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from contracts.errors import PROBLEM_TYPE, Problem, bad_request, method_not_allowed, not_found
from crmkit import paths, tracing

ADDRESS = "TANDEM_ADDRESS"
"""Key of the container's configuration: (host, port) to listen on, port 0 for any free one."""
_IDLE_SECONDS = 75
_BACKLOG = 512

_log = logging.getLogger(__name__)


class _Application(WsgiApp):  # type: ignore[misc]
    """Answers what no route takes with a problem, as every other answer of the suite."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        try:
            if "%00" in environ.get("QUERY_STRING", ""):
                raise bad_request("bad_request", "An address must not contain the NUL character.")
            environ = {**environ, "PATH_INFO": paths.path_info(environ)}
            door, values = self.url_map.bind_to_environ(environ).match()
            words = {name: paths.word(value) for name, value in values.items()}
            request.path_values = words  # type: ignore[attr-defined]
            answer = door.handle_request(request)
        except HTTPException as refusal:
            answer = _refused(request, _problem_of(refusal))
        except Problem as problem:
            answer = _refused(request, problem)
        return answer(environ, start_response)


def _problem_of(refusal: HTTPException) -> Problem:
    methods = getattr(refusal, "valid_methods", None)
    if methods:
        return method_not_allowed(methods)
    if refusal.code is not None and refusal.code != 404:  # noqa: PLR2004 - "not found"
        return Problem(refusal.code, "bad_request", refusal.description or "Bad request.")
    return not_found("There is nothing at this address.")


def _refused(request: Request, problem: Problem) -> Response:
    request_id = tracing.request_id_from(request.headers.get("X-Request-Id"))
    headers = {"Content-Type": PROBLEM_TYPE, "X-Request-Id": request_id, **problem.headers}
    return Response(orjson.dumps(problem.body(request_id)), problem.status, headers)


class HttpServer(WebServer):  # type: ignore[misc]
    """Several copies of a service listen on one port; a broken connection harms nobody else."""

    _starting: bool

    def start(self) -> None:
        """Listen; the port is known from now on, also if any free one was asked for."""
        if self._starting:
            return
        self._starting = True
        address = self.container.config[ADDRESS]
        self._sock = eventlet.listen(tuple(address), backlog=_BACKLOG, reuse_port=address[1] != 0)
        self._sock.settimeout(None)
        self.container.config[ADDRESS] = self._sock.getsockname()[:2]
        self._serv = wsgi.Server(
            self._sock,
            self._sock.getsockname(),
            _Application(self),
            protocol=HttpOnlyProtocol,
            log_output=False,
            debug=False,
            socket_timeout=_IDLE_SECONDS,
            capitalize_response_headers=False,
        )
        self._gt = self.container.spawn_managed_thread(self.run)

    def stop(self) -> None:
        """Listen no more; nothing to do in a service that could not start."""
        if self._gt is not None:
            super().stop()

    def process_request(self, sock: Any, address: Any) -> None:
        """Serve one connection until it ends, however it ends."""
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().process_request(sock, address)
        except Exception as error:  # noqa: BLE001 - Nameko would end the whole container for it
            _log.info("a connection broke: %s", error)


class HttpDoor(HttpRequestHandler):  # type: ignore[misc]
    """One route. `door` is `http`, or `ops` for what every process answers whatever it runs."""

    server = HttpServer()

    def __init__(self, method: str, url: str, *, door: str = "http", **options: Any) -> None:
        super().__init__(method, url, **options)
        self.door = door

    def check_signature(self, args: Any, kwargs: Any) -> None:
        """The routes are written beside their methods; nothing to find out at every request."""
