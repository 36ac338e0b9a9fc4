"""The API as one OpenAPI 3.1 document, generated from what the services declare."""

import re
from collections.abc import Sequence
from typing import Any

from crmkit.doors.routes import Action
from crmkit.entity import Entity
from crmkit.records.query import MOST
from crmkit.schemas.catalogue import Service, actions_of
from crmkit.schemas.components import Components

_PREFIX = "/api/v1"
_NOT_WORD = re.compile(r"\W+")
_NO_TOKEN: list[dict[str, Any]] = []


def document(services: Sequence[Service], *, version: str) -> dict[str, Any]:
    """Every path of every service as the gateway shows it."""
    components = Components()
    paths: dict[str, dict[str, Any]] = {}
    for service in services:
        for entity in service.entities:
            _add_entity(paths, components, service, entity)
        for action in actions_of(service):
            operation = _action(components, service, action)
            paths.setdefault(_PREFIX + action.path, {})[action.method.lower()] = operation
    _add_composed(paths, components, [service.name for service in services])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tandem",
            "version": version,
            "description": (
                "Lists are paged by an opaque `cursor`. Money and quantities are decimals in "
                "strings, times are RFC 3339 in UTC. A record's `ETag` is its version; send it "
                "back as `If-Match`. Every POST takes an `Idempotency-Key`."
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
            "parameters": _LIST_PARAMETERS,
            "responses": {
                "Problem": {
                    "description": "What stands against it",
                    "content": {
                        "application/problem+json": {
                            "schema": {"$ref": "#/components/schemas/Problem"}
                        }
                    },
                }
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _add_entity(
    paths: dict[str, dict[str, Any]], components: Components, service: Service, entity: Entity
) -> None:
    at = f"{_PREFIX}/{entity.plural}"
    read = components.read(entity)
    words = entity.plural.replace("-", "_")
    one, many = entity.title.lower(), entity.plural.replace("-", " ")

    def operation(name: str, summary: str, **about: Any) -> dict[str, Any]:
        return _operation(service, name, summary, entity=entity, **about)

    record = [_path_parameter("id", f"Id or number of the {one}.")]
    page = _page(read)
    collection: dict[str, Any] = {
        "get": operation(
            f"list_{words}", f"List {many}", answer=page, parameters=_list_parameters(entity)
        )
    }
    item: dict[str, Any] = {
        "parameters": record,
        "get": operation(f"read_{entity.name}", f"Read a {one}", answer=read),
    }
    if entity.allows("create"):
        body = components.sent(entity, partial=False)
        collection["post"] = operation(
            f"create_{entity.name}", f"Create a {one}", body=body, answer=read, status=201
        )
    patch = components.sent(entity, partial=True)
    if entity.allows("edit"):
        item["patch"] = operation(
            f"change_{entity.name}", f"Change a {one}", body=patch, answer=read
        )
    if entity.allows("delete"):
        item["delete"] = operation(
            f"delete_{entity.name}", f"Put a {one} into the recycle bin", status=204
        )
        paths[f"{at}/{{id}}/restore"] = {
            "parameters": record,
            "post": operation(f"restore_{entity.name}", f"Restore a {one}", answer=read),
        }
    paths[at] = collection
    paths[f"{at}/{{id}}"] = item
    paths[f"{at}/{{id}}/history"] = {
        "parameters": record,
        "get": operation(f"{entity.name}_history", f"Who changed a {one}", answer=_items()),
    }
    paths[f"{at}/changes"] = {
        "get": operation(
            f"changed_{words}",
            f"The {many} written since a cursor",
            answer=_items(),
            parameters=[_query_parameter("cursor", "string"), _query_parameter("limit", "integer")],
        )
    }
    external: dict[str, Any] = {
        "parameters": [
            _path_parameter("source", "Name of the other system."),
            _path_parameter("key", "Its key of the record."),
        ],
        "get": operation(
            f"read_external_{entity.name}", f"Read a {one} by another system's key", answer=read
        ),
    }
    if entity.allows("create"):
        external["put"] = operation(
            f"upsert_{entity.name}",
            f"Create or update a {one} under another system's key",
            body=patch,
            answer=read,
        )
    paths[f"{at}/external/{{source}}/{{key}}"] = external
    paths[f"{_PREFIX}/meta/{entity.name}"] = {
        "get": operation(
            f"describe_{entity.name}",
            f"Fields, choices and rights of {many}",
            answer={"type": "object"},
        )
    }


def _action(components: Components, service: Service, action: Action) -> dict[str, Any]:
    answer: dict[str, Any] | None = None
    if isinstance(action.returns, Entity):
        answer = components.read(action.returns)
    elif action.returns is not None:
        answer = components.add(action.returns, mode="serialization")
    parameters = []
    if "{id}" in action.path:
        parameters.append(_path_parameter("id", "Id or number of the record."))
    if action.query is not None:
        schema = action.query.model_json_schema()
        required = schema.get("required", [])
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": part}
            for name, part in schema["properties"].items()
        ]
    operation = _operation(
        service,
        _NOT_WORD.sub("_", f"{action.method.lower()}{action.path}".replace("/{id}", "")),
        action.summary.rstrip("."),
        entity=action.entity,
        body=None if action.body is None else components.add(action.body),
        answer=answer,
        status=action.status if answer is not None else 204,
        parameters=parameters,
    )
    if action.public:
        operation["security"] = _NO_TOKEN
    return operation


def _add_composed(
    paths: dict[str, dict[str, Any]], components: Components, services: Sequence[str]
) -> None:
    """What the gateway composes of several services' answers."""
    problem = _problem()
    hit = {
        "type": "object",
        "required": ["entity", "plural", "id", "label"],
        "properties": {
            name: {"type": ["string", "null"]}
            for name in ("entity", "plural", "id", "number", "label")
        },
    }
    found = {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {"type": "array", "items": hit},
            "unavailable": {"type": "array", "items": {"type": "string"}},
        },
    }
    paths[f"{_PREFIX}/search"] = {
        "get": {
            "operationId": "search",
            "summary": "Find records of all services by words",
            "tags": ["gateway"],
            "parameters": [_query_parameter("q", "string"), _query_parameter("limit", "integer")],
            "responses": {
                "200": _json("What was found", components.put("SearchHits", found)),
                "default": problem,
            },
        }
    }
    service = {"type": "string", "enum": list(services)}
    paths[f"{_PREFIX}/parked-events"] = {
        "get": {
            "operationId": "list_parked_events",
            "summary": "Events that could not be applied and wait for a decision",
            "tags": ["gateway"],
            "parameters": [
                {"name": "service", "in": "query", "required": False, "schema": service}
            ],
            "responses": {"200": _json("Parked events", _items()), "default": problem},
        }
    }
    for verb, summary in (("retry", "Apply it again now"), ("discard", "Leave it unapplied")):
        paths[f"{_PREFIX}/parked-events/{{service}}/{{id}}/{verb}"] = {
            "parameters": [
                {"name": "service", "in": "path", "required": True, "schema": service},
                _path_parameter("id", "Id of the parked event."),
            ],
            "post": {
                "operationId": f"{verb}_parked_event",
                "summary": summary,
                "tags": ["gateway"],
                "responses": {"200": _json("As decided", {"type": "object"}), "default": problem},
            },
        }


def _operation(
    service: Service,
    name: str,
    summary: str,
    *,
    entity: Entity | None,
    body: dict[str, Any] | None = None,
    answer: dict[str, Any] | None = None,
    status: int = 200,
    parameters: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    responses: dict[str, Any] = {"default": _problem()}
    if answer is None:
        responses[str(status)] = {"description": "Done"}
    else:
        responses[str(status)] = _json("Done", answer)
    if name.startswith("upsert_") and answer is not None:
        responses["201"] = _json("Created", answer)
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": [service.name],
        "responses": dict(sorted(responses.items())),
    }
    if entity is not None:
        operation["x-entity"] = entity.name
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    return operation


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": item},
            "next_cursor": {"type": ["string", "null"]},
            "count": {"type": "integer"},
        },
    }


def _items() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {"type": "array", "items": {"type": "object"}},
            "next_cursor": {"type": ["string", "null"]},
        },
    }


def _list_parameters(entity: Entity) -> list[dict[str, Any]]:
    by_field = {
        "name": "filter",
        "in": "query",
        "required": False,
        "style": "deepObject",
        "explode": True,
        "description": (
            "`filter[status]=New,Hot` or with an operator, `filter[amount][gte]=1000`; "
            f"the fields and their operators are in /meta/{entity.name}."
        ),
        "schema": {"type": "object"},
    }
    return [*({"$ref": f"#/components/parameters/{name}"} for name in _LIST_PARAMETERS), by_field]


_LIST_PARAMETERS: dict[str, dict[str, Any]] = {
    name: {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
    for name, text, schema in (
        ("q", "Words to find, or their beginnings.", {"type": "string"}),
        ("sort", "Fields, `-` before one for descending.", {"type": "string"}),
        ("fields", "Which fields to answer, separated by commas.", {"type": "string"}),
        ("limit", "Records a page.", {"type": "integer", "minimum": 1, "maximum": MOST}),
        ("cursor", "`next_cursor` of the page before.", {"type": "string"}),
        ("count", "Also count all.", {"type": "string", "enum": ["exact", "estimate"]}),
    )
}


def _query_parameter(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}}


def _path_parameter(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problem() -> dict[str, str]:
    return {"$ref": "#/components/responses/Problem"}
