"""The gateway as one Flask application, the same under gunicorn and in the one-process suite."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import structlog
from flask import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response as WSGIResponse

from contracts.errors import Problem, method_not_allowed, not_found
from crmkit.origin import Networks
from gateway import catalogue, composed, documents, health, sign_in_pages
from gateway.front import Front, internal_error
from gateway.keys import KeyRing
from gateway.pages import current_exchange, problem_response
from gateway.upstream import READ_SECONDS, Upstream

_log = structlog.get_logger()


def create_app(
    service_urls: Mapping[str, str],
    *,
    schemas: Path = catalogue.SCHEMAS,
    read_seconds: float = READ_SECONDS,
    capacity: int | None = None,
    proxies: Networks = (),
) -> Flask:
    """Build the gateway before these services; identity is the first to be asked for token keys.

    `read_seconds` is how long a service may take to answer, `capacity` how many requests may wait
    for one service at a time (None: any number), `proxies` are those that may say for whom they
    ask. Raises OSError or ValueError if a document in `schemas` cannot be read, LookupError if its
    catalogue names a service without a URL.
    """
    upstreams = {
        name: Upstream(name, url, read_seconds=read_seconds, capacity=capacity)
        for name, url in service_urls.items()
    }
    routes = catalogue.read(schemas)
    if strangers := routes.services() - upstreams.keys():
        raise LookupError(f"No URL is known for {', '.join(sorted(strangers))}")
    keys = KeyRing(sorted(upstreams.values(), key=lambda upstream: upstream.name != "identity"))

    app = Flask(__name__, static_folder=None)
    app.register_blueprint(composed.pages(upstreams, keys, routes))
    app.register_blueprint(documents.pages(schemas))
    app.register_blueprint(sign_in_pages.pages())
    app.register_blueprint(health.pages(upstreams))
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(HTTPException, _refuse_plainly)
    app.register_error_handler(Exception, _fail)
    app.wsgi_app = Front(app.wsgi_app, routes, upstreams, keys, proxies)  # type: ignore[method-assign]
    return app


def _refuse_plainly(error: HTTPException) -> WSGIResponse:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    if isinstance(error, NotFound):
        return problem_response(not_found(catalogue.NO_SUCH_ROUTE))
    if isinstance(error, MethodNotAllowed):
        return problem_response(method_not_allowed(list(error.valid_methods or ())))
    code = error.name.lower().replace(" ", "_")
    return problem_response(Problem(error.code, code, error.description or error.name))


def _fail(_: Exception) -> WSGIResponse:
    _log.exception("page failed", request_id=current_exchange().request_id)
    return problem_response(internal_error())
