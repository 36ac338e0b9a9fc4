"""What the API says of itself: the documents, and the reference that people read."""

from functools import cache
from pathlib import Path

import orjson
from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as WSGIResponse

from gateway.pages import Page, unchanging
from gateway.reference import reference

_DOCS = "/api/docs"


def pages(schemas: Path) -> Blueprint:
    """`/api/openapi.json`, `/api/asyncapi.json`, `/api/docs`, and the way there from `/`.

    The documents are read here, once. Raises OSError if one is missing.
    """
    documents = Blueprint("documents", __name__, template_folder="templates")
    openapi = (schemas / "openapi.json").read_bytes()
    asyncapi = (schemas / "asyncapi.json").read_bytes()
    page = Page("reference.html", "reference.css", "reference.js")

    @cache
    def rendered() -> bytes:
        return page.render(api=reference(orjson.loads(openapi), orjson.loads(asyncapi)))

    @documents.get("/api/openapi.json")
    def openapi_document() -> Response:
        return unchanging(openapi, "application/json")

    @documents.get("/api/asyncapi.json")
    def asyncapi_document() -> Response:
        return unchanging(asyncapi, "application/json")

    @documents.get(_DOCS)
    def reference_page() -> Response:
        return page.response(rendered())

    @documents.get("/")
    @documents.get("/api")
    def start() -> WSGIResponse:
        return redirect(_DOCS)

    return documents
