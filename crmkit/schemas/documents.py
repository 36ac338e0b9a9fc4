"""All generated documents as files, so that one command writes them and one test compares them."""

from collections.abc import Sequence
from typing import Any

import orjson

from crmkit.schemas import asyncapi, catalogue, openapi
from crmkit.schemas.catalogue import Service


def documents(services: Sequence[Service], *, version: str) -> dict[str, bytes]:
    """The documents by file name below contracts/schemas."""
    written = {
        "catalogue.json": catalogue.catalogue(services),
        "topology.json": catalogue.topology(services),
        "permissions.json": catalogue.permissions(services),
        "openapi.json": openapi.document(services, version=version),
        "asyncapi.json": asyncapi.document(services, version=version),
    }
    return {name: _json(document) for name, document in written.items()}


def _json(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
