"""What stands against a request: by status, as the API describes it once for all its routes."""

from typing import Any

from crmkit.about import About
from crmkit.entity import Entity

_MEANINGS = {
    308: "The record was merged into another, which answers at `Location`",
    400: "An address, header or body that cannot be read",
    401: "Nobody is signed in by this",
    403: "The caller may not do this",
    404: "Not there, switched off, or not for the caller's eyes",
    409: "A rule or the state of things stands against it; `code` names which",
    412: "The record has changed since; `current` is what it is now",
    413: "The body is too large",
    415: "The body is of a media type that is not taken",
    422: "Read and understood, but wrong; `errors` names every bad field",
    429: "Too many attempts; the next may be made after `Retry-After`",
    503: "Not now; it may be asked again after `Retry-After`",
}
_HEADERS = {
    308: ("Location", "The same at the record that is left.", {"type": "string"}),
    401: ("WWW-Authenticate", "RFC 6750.", {"type": "string"}),
    429: ("Retry-After", "Seconds.", {"type": "integer"}),
    503: ("Retry-After", "Seconds.", {"type": "integer"}),
}

ANY = (
    "Every refusal is a problem document (RFC 9457), those included that no operation names: any "
    "request may come at a bad time (503), be too long in its address (414) or headers (431), or "
    "use a method that its address does not take (405)."
)
"""What is not repeated at each of the operations."""


def statuses(about: About, entity: Entity | None) -> set[int]:
    """The statuses by which the route may refuse, all of which are in `responses`."""
    writing = about.method != "GET" and not about.reading
    found = {400, *about.refuses}
    if not about.public:
        found |= {401, 403}
    elif about.body is not None:
        found.add(401)  # what it sends instead of a token
    if entity is not None or "{" in about.path:
        found.add(404)
    if entity is not None and "/{id}" in about.path and entity.allows("merge"):
        found.add(308)
    if writing:
        found |= {409, 422}
    if about.checked:
        found.add(412)
    if about.body is not None:
        found |= {413, 415, 422}
    return found


def responses() -> dict[str, dict[str, Any]]:
    """The refusals by the names that `reference` gives them."""
    return {str(status): _response(status, meaning) for status, meaning in _MEANINGS.items()}


def reference(status: int) -> dict[str, str]:
    """What stands in an operation."""
    return {"$ref": f"#/components/responses/{status}"}


def _response(status: int, meaning: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    described: dict[str, Any] = {"description": meaning, "content": content}
    if status in _HEADERS:
        name, description, schema = _HEADERS[status]
        described["headers"] = {name: {"description": description, "schema": schema}}
    return described
