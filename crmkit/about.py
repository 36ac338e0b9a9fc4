"""What a route says of itself, so that the API can be described without anybody knowing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import WithJsonSchema

OWN = "x-own"
"""Where a schema leaves room for a shape of the entity that the route is asked about."""

OwnRecord = Annotated[dict[str, Any], WithJsonSchema({OWN: "record"})]
"""As a client reads the entity's records; alone, or as a field of a pydantic model."""
OwnCreate = Annotated[dict[str, Any], WithJsonSchema({OWN: "create"})]
"""As a client sends a new record."""
OwnPatch = Annotated[dict[str, Any], WithJsonSchema({OWN: "patch"})]
"""As a client sends changes of a record (RFC 7396)."""

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One thing a client can do.

    `path` is as the route has it. With `<plural>` or `<name>` in it, the route exists once for
    each entity that has `verb`, and `<key>` after `<plural>` is a record; `places` says what its
    other variables are, `choices` which values one may have. A path without either is a service's
    own.

    `body`, `answer` and those of `also` (by status) are pydantic types, dataclasses or entities,
    None for no body, bytes for a file; `query` is a pydantic model. `takes` and `gives` are their
    media types. `checked` tells that If-Match is looked at, `reading` that a POST writes
    nothing. `only` says who alone may ask. `entity` is whose action it is, if it is one. `refuses`
    are statuses of refusals that do not follow from all this (see `schemas.refusals`).
    """

    method: str
    path: str
    name: str
    summary: str
    answer: Any
    body: Any = None
    query: Any = None
    status: int = 200
    also: Mapping[int, Any] = field(default_factory=dict)
    takes: tuple[str, ...] = (JSON,)
    gives: tuple[str, ...] = (JSON,)
    places: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    verb: str = "view"
    checked: bool = False
    only: str = ""
    public: bool = False
    reading: bool = False
    entity: Any = None
    refuses: tuple[int, ...] = ()

    @property
    def of_entities(self) -> bool:
        """Whether every entity has it, rather than the service as a whole."""
        return "<plural>" in self.path or "<name>" in self.path


def summary_of(documented: Any) -> str:
    """The first sentence of what a function says of itself."""
    first_line = (documented.__doc__ or "").strip().split("\n", 1)[0]
    return str(first_line.split(". ", 1)[0].rstrip("."))
