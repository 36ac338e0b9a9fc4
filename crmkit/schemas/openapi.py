"""The API as one OpenAPI 3.1 document, generated from what the services declare."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from crmkit.about import JSON, About
from crmkit.entity import Entity
from crmkit.schemas import refusals
from crmkit.schemas.catalogue import Service, actions_of, routes_of
from crmkit.schemas.components import Components

_PREFIX = "/api/v1"
_PLACE = re.compile(r"<(?:path:)?(\w+)>")
_VARIABLE = re.compile(r"{(\w+)}")
_RECORD = re.compile(r"\b(an? )?records?\b")
_METHODS_WITH_KEY = frozenset({"POST"})
_NO_TOKEN: list[dict[str, Any]] = []


def document(
    services: Sequence[Service], composed: Iterable[About], *, version: str
) -> dict[str, Any]:
    """Every path of every service as the gateway shows it, and what the gateway composes.

    An action at the address of a record verb is what is answered there.

    Raises TypeError for a route that does not say what it is about, ValueError when two of one
    address meet.
    """
    components = Components()
    paths: dict[str, dict[str, Any]] = {}

    def add(about: About, tag: str, entity: Entity | None) -> None:
        item = paths.setdefault(_PREFIX + about.path, _shared(components, about, entity))
        if about.method.lower() in item:
            raise ValueError(f"{about.method} {about.path} is answered twice")
        item[about.method.lower()] = _operation(components, about, tag, entity)

    for service in services:
        routes = [about for about in routes_of(service) if about.of_entities]
        actions = actions_of(service)
        instead = {(action.method, action.path) for action in actions}
        for entity in service.entities:
            for about in routes:
                own = _for(about, entity)
                there = about.verb == "view" or entity.allows(about.verb)
                if there and (own.method, own.path) not in instead:
                    add(own, service.name, entity)
        for action in actions:
            add(action, service.name, action.entity)
    for about in composed:
        add(about, "gateway", None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tandem",
            "version": version,
            "description": (
                "Lists are paged by an opaque `cursor`. Money and quantities are decimals in "
                "strings, times are RFC 3339 in UTC. A record's `ETag` is its version; send it "
                f"back as `If-Match`. Every POST takes an `Idempotency-Key`. {refusals.ANY}"
            ),
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [
            {"name": service.name, "description": (service.__doc__ or "").strip()}
            for service in services
        ],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "parameters": dict(sorted((_HEADERS | components.parameters).items())),
            "requestBodies": dict(sorted(components.bodies.items())),
            "responses": refusals.responses() | dict(sorted(components.responses.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _for(about: About, entity: Entity) -> About:
    """What a route of every entity is for this one: `read_record` becomes `read_lead`."""
    one, many = entity.title.lower(), entity.plural.replace("-", " ")
    article = "an " if one[0] in "aeio" else "a "

    def named(found: re.Match[str]) -> str:
        if found[0].endswith("s"):
            return many
        return (article if found[1] else "") + one

    path = about.path.replace("<plural>/<key>", "<plural>/{id}").replace("<plural>", entity.plural)
    path = _PLACE.sub(r"{\1}", path.replace("/meta/<name>", f"/meta/{entity.name}"))
    places = about.places
    if "{id}" in path:
        places = {"id": _ID, **places}
    return replace(
        about,
        path=path,
        name=_name(about.name, entity),
        summary=_RECORD.sub(named, about.summary),
        places=places,
    )


def _name(verb: str, entity: Entity) -> str:
    plural = entity.plural.replace("-", "_")
    for word, own in (("records", plural), ("record", entity.name), ("entity", entity.name)):
        if word in verb:
            return verb.replace(word, own)
    return f"{verb}_of_{entity.name}"


def _operation(
    components: Components, about: About, tag: str, entity: Entity | None
) -> dict[str, Any]:
    responses = {str(about.status): _response(components, about, about.answer, entity)}
    for status, shape in about.also.items():
        responses[str(status)] = _response(components, about, shape, entity)
    for refused in refusals.statuses(about, entity):
        responses[str(refused)] = refusals.reference(refused)
    operation: dict[str, Any] = {
        "operationId": about.name,
        "summary": about.summary,
        "tags": [tag],
        "responses": dict(sorted(responses.items())),
    }
    if about.only:
        operation["description"] = f"Only for {about.only}."
    if parameters := _parameters(components, about):
        operation["parameters"] = parameters
    if about.body is not None:
        schema = components.of(about.body, entity)
        content = {media: {"schema": schema} for media in about.takes}
        operation["requestBody"] = components.body({"required": True, "content": content})
    if about.public:
        operation["security"] = _NO_TOKEN
    return operation


def _response(
    components: Components, about: About, shape: Any, entity: Entity | None
) -> dict[str, Any]:
    if shape is None:
        return {"description": "Done"}
    schema = components.of(shape, entity, mode="serialization")
    gives = (JSON,) if about.answer is bytes and shape is not bytes else about.gives
    content = {media: {"schema": schema} for media in gives}
    return components.response({"description": "Done", "content": content})


def _shared(components: Components, about: About, entity: Entity | None) -> dict[str, Any]:
    """What all operations of a path have in common: whose they are, and its variables."""
    shared: dict[str, Any] = {} if entity is None else {"x-entity": entity.name}
    variables = _VARIABLE.findall(about.path)
    if missing := set(variables) - about.places.keys():
        raise TypeError(f"{about.path} does not say what {sorted(missing)} are")
    parameters = [
        components.place(name, about.places[name], about.choices.get(name, ()))
        for name in variables
    ]
    return {**shared, "parameters": parameters} if parameters else shared


def _parameters(components: Components, about: About) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if about.query is not None:
        parameters += components.query(about.query)
    if about.method in _METHODS_WITH_KEY and not (about.public or about.reading):
        parameters.append({"$ref": "#/components/parameters/Idempotency-Key"})
    if about.checked:
        parameters.append({"$ref": "#/components/parameters/If-Match"})
    return parameters


_ID = "Id or number of the record."
_HEADERS: dict[str, dict[str, Any]] = {
    name: {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": schema,
    }
    for name, description, schema in (
        (
            "Idempotency-Key",
            "Chosen by the client; the same request with it is carried out once within 24 hours.",
            {"type": "string", "minLength": 1, "maxLength": 255},
        ),
        (
            "If-Match",
            "The record's `ETag` as the client knows it; of another version it is 412.",
            {"type": "string", "pattern": r'^(\*|(W/)?"\d{1,10}")$'},
        ),
    )
}
