"""What the gateway shows people: what the API says of itself, and where a password is set."""

import base64
import hashlib
from functools import cache
from pathlib import Path

import orjson
from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as WSGIResponse

from gateway.reference import reference

_TEMPLATES = Path(__file__).parent / "templates"
_DOCS = "/api/docs"
_SET_PASSWORD = "/set-password"  # noqa: S105 - the page's address


def pages(schemas: Path) -> Blueprint:
    """`/api/openapi.json`, `/api/asyncapi.json`, `/api/docs`, the way there from `/`, and
    `/set-password`.

    The documents are read here, once. Raises OSError if one is missing.
    """
    documents = Blueprint("documents", __name__, template_folder="templates")
    openapi = (schemas / "openapi.json").read_bytes()
    asyncapi = (schemas / "asyncapi.json").read_bytes()
    style = (_TEMPLATES / "reference.css").read_text()
    script = (_TEMPLATES / "reference.js").read_text()
    policy = _policy(style, script)
    form_style = (_TEMPLATES / "set_password.css").read_text()
    form_script = (_TEMPLATES / "set_password.js").read_text()
    form_policy = _policy(form_style, form_script) + "; connect-src 'self'"

    @cache
    def rendered() -> bytes:
        told = reference(orjson.loads(openapi), orjson.loads(asyncapi))
        page = render_template("reference.html", api=told, style=style, script=script)
        return page.encode()

    @documents.get("/api/openapi.json")
    def openapi_document() -> Response:
        return _unchanging(openapi, "application/json")

    @documents.get("/api/asyncapi.json")
    def asyncapi_document() -> Response:
        return _unchanging(asyncapi, "application/json")

    @documents.get(_DOCS)
    def reference_page() -> Response:
        response = _unchanging(rendered(), "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = policy
        return response

    @documents.get(_SET_PASSWORD)
    def set_password_page() -> Response:
        """Where the link in a mail leads; its secret is behind `#` and reaches no server's log."""
        inline = {"style": form_style, "script": form_script}
        page = render_template("set_password.html", **inline)
        response = _unchanging(page.encode(), "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = form_policy
        return response

    @documents.get("/")
    @documents.get("/api")
    def start() -> WSGIResponse:
        return redirect(_DOCS)

    return documents


def _unchanging(body: bytes, content_type: str) -> Response:
    """The same until the next release: caches ask with If-None-Match and get 304."""
    response = Response(body, content_type=content_type)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _policy(style: str, script: str) -> str:
    """Nothing runs in the page but what it came with."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(inline: str) -> str:
    digest = hashlib.sha256(inline.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
