"""What the gateway's own Flask pages share: the exchange they are part of, and their answers."""

import base64
import hashlib
from pathlib import Path

import orjson
from flask import Response, render_template, request

from contracts.errors import Problem
from gateway.exchange import ENVIRON_KEY, Exchange, problem_answer

_TEMPLATES = Path(__file__).parent / "templates"


def current_exchange() -> Exchange:
    """The exchange of the request that Flask is handling."""
    exchange: Exchange = request.environ[ENVIRON_KEY]
    return exchange


def json_response(document: object, status: int = 200) -> Response:
    """A document the gateway composed itself."""
    return Response(orjson.dumps(document), status, content_type="application/json")


def problem_response(problem: Problem) -> Response:
    """A refusal, with the id of the current request."""
    answer = problem_answer(problem, current_exchange().request_id)
    return Response(answer.body, answer.status, answer.headers)


def unchanging(body: bytes, content_type: str) -> Response:
    """The same until the next release: caches ask with If-None-Match and get 304."""
    response = Response(body, content_type=content_type)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


class Page:
    """A page for people, whose style and scripts are the named templates and stand within it.

    Nothing runs in it but what it came with (Content Security Policy Level 3, by hashes). If
    `asks`, its script may speak to the gateway, and to nobody else. Raises OSError if a template
    is missing.
    """

    def __init__(self, template: str, style: str, *scripts: str, asks: bool = False) -> None:
        self._template = template
        self._style = (_TEMPLATES / style).read_text()
        self._script = "".join((_TEMPLATES / script).read_text() for script in scripts)
        connections = "; connect-src 'self'" if asks else ""
        self._policy = (
            f"default-src 'none'; style-src '{_hash(self._style)}'; "
            f"script-src '{_hash(self._script)}'; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors 'none'{connections}"
        )

    def render(self, **values: object) -> bytes:
        """The page with these values in its template."""
        inline = {"style": self._style, "script": self._script}
        return render_template(self._template, **inline, **values).encode()

    def response(self, rendered: bytes) -> Response:
        """The rendered page with its policy."""
        answer = unchanging(rendered, "text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = self._policy
        return answer


def _hash(inline: str) -> str:
    digest = hashlib.sha256(inline.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
