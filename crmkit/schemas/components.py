"""JSON Schemas of what is sent and read, gathered under one roof with their shared parts."""

import dataclasses
from typing import Any

from pydantic import BaseModel, TypeAdapter

from crmkit.entity import Entity
from crmkit.records import validation

_REF = "#/components/schemas/{model}"

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details; `errors` names every bad field.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; programs may depend on it."},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class Components:
    """Schemas by name; `add` answers a reference. Raises ValueError for one name, two shapes."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {"Problem": PROBLEM}

    def add(self, shape: type[Any], *, mode: str = "validation") -> dict[str, str]:
        """The pydantic model or dataclass `shape`, with all that it refers to."""
        schema = _untitled(_schema(shape, mode))
        for name, part in schema.pop("$defs", {}).items():
            self._put(name, part)
        return self._put(shape.__name__, schema)

    def put(self, name: str, schema: dict[str, Any]) -> dict[str, str]:
        """A schema written out by hand."""
        return self._put(name, schema)

    def _put(self, name: str, schema: dict[str, Any]) -> dict[str, str]:
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two shapes are called {name}")
        return {"$ref": f"#/components/schemas/{name}"}

    def read(self, entity: Entity) -> dict[str, str]:
        """What a client reads of a record."""
        return self.add(validation.response_model(entity), mode="serialization")

    def sent(self, entity: Entity, *, partial: bool) -> dict[str, str]:
        """What a client sends to create a record, or to change it: then nothing has a default."""
        shape = validation.request_model(entity, partial=partial)
        if not partial:
            return self.add(shape)
        schema = _untitled(_schema(shape, "validation"))
        for name, part in schema.pop("$defs", {}).items():
            self._put(name, part)
        for described in schema["properties"].values():
            described.pop("default", None)
        return self._put(shape.__name__, schema)


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the titles that only repeat the name of each property."""
    for part in (schema, *schema.get("$defs", {}).values()):
        for described in part.get("properties", {}).values():
            described.pop("title", None)
    return schema


def _schema(shape: type[Any], mode: str) -> dict[str, Any]:
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return shape.model_json_schema(ref_template=_REF, mode=mode)  # type: ignore[arg-type]
    if dataclasses.is_dataclass(shape):
        adapter: TypeAdapter[Any] = TypeAdapter(shape)
        return adapter.json_schema(ref_template=_REF, mode=mode)  # type: ignore[arg-type]
    raise TypeError(f"{shape!r} has no schema")
