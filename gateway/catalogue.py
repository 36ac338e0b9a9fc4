"""Which service answers for a path: read once from the generated catalogue, then looked up."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

import contracts
from contracts.errors import method_not_allowed, not_found

SCHEMAS = Path(contracts.__file__).parent / "schemas"
"""Where the generated documents are: catalogue.json, openapi.json, asyncapi.json."""

NO_SUCH_ROUTE = "There is nothing at this address; /api/docs lists what there is."

_META = "meta"
_RELATED_AT = 2
"""Where `related` stands in the path of a related list."""


class Route(NamedTuple):
    """`label` is the first word of the path, for logs; `public` routes need no token."""

    service: str
    label: str
    public: bool


class _Action(NamedTuple):
    method: str
    segments: tuple[str, ...]
    route: Route

    def at(self, segments: Sequence[str]) -> bool:
        return len(segments) == len(self.segments) and all(
            own == given or own.startswith("{")
            for own, given in zip(self.segments, segments, strict=True)
        )


class Catalogue:
    """Routes of records by their plural, and the actions that go elsewhere or need no token.

    `document` is `{"routes": {plural: {"service", "entity"}}, "actions": [{"method", "path",
    "service", "public"}], "related": {plural: [{"name", "service", …}]}}`; an action's path is the
    service's own, `/leads/{id}/convert`.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._plurals = {
            plural: Route(entry["service"], plural, public=False)
            for plural, entry in document["routes"].items()
        }
        self._described = {
            entry["entity"]: Route(entry["service"], _META, public=False)
            for entry in document["routes"].values()
        }
        self._entities = {plural: str(e["entity"]) for plural, e in document["routes"].items()}
        self._related: Mapping[str, Any] = document.get("related", {})
        self._actions: dict[str, list[_Action]] = {}
        for entry in document["actions"]:
            segments = tuple(entry["path"].strip("/").split("/"))
            first = segments[0]
            route = Route(entry["service"], first, bool(entry["public"]))
            if route != self._plurals.get(first):
                action = _Action(entry["method"], segments, route)
                self._actions.setdefault(first, []).append(action)

    def owner(self, plural: str) -> str:
        """The service that has these records. Raises Problem 404."""
        return self._route_of(plural).service

    def entity(self, plural: str) -> str:
        """The name of their entity. Raises Problem 404."""
        self._route_of(plural)
        return self._entities[plural]

    def related(self, plural: str) -> Sequence[Mapping[str, Any]]:
        """Their related lists: what the generated catalogue says of each."""
        lists: Sequence[Mapping[str, Any]] = self._related.get(plural, ())
        return lists

    def lister(self, plural: str, listed: str) -> str:
        """The service that answers one of their lists. Raises Problem 404."""
        for each in self.related(plural):
            if each["name"] == listed:
                return str(each["service"])
        raise not_found("There is no such list.")

    def _route_of(self, plural: str) -> Route:
        if plural not in self._plurals:
            raise not_found(NO_SUCH_ROUTE)
        return self._plurals[plural]

    def spans(self, path: str) -> bool:
        """Whether `path` is of a related list that the record's own service does not answer."""
        segments = path[1:].split("/")
        if len(segments) < _RELATED_AT + 1 or segments[_RELATED_AT] != "related":
            return False
        plural, listed = segments[0], segments[_RELATED_AT + 1 :]
        if plural not in self._plurals:
            return False
        own = self._plurals[plural].service
        lists = [each for each in self.related(plural) if not listed or each["name"] == listed[0]]
        return any(each["service"] != own for each in lists)

    def services(self) -> set[str]:
        """Every service the catalogue sends requests to."""
        actions = (action.route.service for some in self._actions.values() for action in some)
        return {route.service for route in self._plurals.values()} | set(actions)

    def resolve(self, method: str, path: str) -> Route:
        """Find who answers `path` (`/leads/12`), as the service itself would be asked for it.

        Raises Problem: 404 for an address nobody owns, 405 with what a lone action would take.
        """
        segments = path[1:].split("/")
        if "" in segments or "." in segments or ".." in segments:
            raise not_found(NO_SUCH_ROUTE)
        first = segments[0]
        actions = self._actions.get(first)
        allowed = []
        if actions is not None:
            wanted = "GET" if method == "HEAD" else method
            for action in actions:
                if action.at(segments):
                    if action.method == wanted:
                        return action.route
                    allowed.append(action.method)
        route = self._plurals.get(first)
        if first == _META and len(segments) > 1:
            route = self._described.get(segments[1])
        if route is not None:
            return route
        if allowed:
            raise method_not_allowed(allowed)
        raise not_found(NO_SUCH_ROUTE)


def read(schemas: Path) -> Catalogue:
    """The catalogue in this folder. Raises OSError or ValueError if it cannot be read."""
    return Catalogue(orjson.loads((schemas / "catalogue.json").read_bytes()))
