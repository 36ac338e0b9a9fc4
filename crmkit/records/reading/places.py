"""Cursors as clients hold them: where the next page begins, in text that means nothing to them."""

import base64
from typing import Any

import orjson

from contracts.errors import FieldError, Problem, bad_request
from crmkit.records.reading import rendering


def written(*place: Any) -> str:
    """The cursor of a place, such as the last record's values in the list's order."""
    return base64.urlsafe_b64encode(rendering.to_json(place)).decode().rstrip("=")


def read(cursor: str) -> Any:
    """The place, a list, as JSON keeps it. Raises ValueError if it is no cursor."""
    return orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def unreadable(name: str = "cursor") -> Problem:
    """400 for a parameter that is no cursor, or one of another list."""
    error = FieldError(f"/{name}", "invalid", "is no cursor of this list")
    return bad_request("invalid_cursor", "The cursor cannot be read.", [error])
