"""All generated documents as files, so that one command writes them and one test compares them."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from crmkit.about import About
from crmkit.schemas import asyncapi, catalogue, openapi
from crmkit.schemas.catalogue import Service

_DEEPER = frozenset({"components"})
"""Members whose members are lists of things themselves."""


def documents(
    services: Sequence[Service], composed: Iterable[About], *, version: str
) -> dict[str, bytes]:
    """The documents by file name below contracts/schemas; `composed` is the gateway's own."""
    written = {
        "catalogue.json": catalogue.catalogue(services),
        "topology.json": catalogue.topology(services),
        "permissions.json": catalogue.permissions(services),
        "openapi.json": openapi.document(services, composed, version=version),
        "asyncapi.json": asyncapi.document(services, version=version),
    }
    return {name: lines(document) for name, document in written.items()}


def lines(document: Any) -> bytes:
    """JSON with a line for each thing in it: small, and a difference shows what differs."""
    return _lines(document, 2) + b"\n"


def _lines(value: Any, levels: int, indent: bytes = b"") -> bytes:
    if not levels or not value or not isinstance(value, dict | list):
        return orjson.dumps(value)
    inner = indent + b" "
    if isinstance(value, list):
        parts = [_lines(part, levels - 1, inner) for part in value]
        opening, closing = b"[", b"]"
    else:
        parts = [
            orjson.dumps(name) + b": " + _lines(part, levels - 1 + (name in _DEEPER), inner)
            for name, part in value.items()
        ]
        opening, closing = b"{", b"}"
    joined = (b",\n" + inner).join(parts)
    return b"".join((opening, b"\n", inner, joined, b"\n", indent, closing))
