"""JSON Schemas of what is sent and read, gathered under one roof with their shared parts."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from pydantic import BaseModel, TypeAdapter

from crmkit.about import JSON, OWN
from crmkit.entity import Entity
from crmkit.records.writing import validation
from crmkit.records.writing.codes import MEANINGS

_REF = "#/components/schemas/{model}"

_CODES = "Stable, as `code` is. Of values: {}. Rules have codes of their own.".format(
    "; ".join(f"`{code}` {meaning}" for code, meaning in MEANINGS.items())
)

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
                    "code": {"type": "string", "description": _CODES},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class Components:
    """Schemas, bodies, answers and parameters by name, each kept once for all who use it.

    `of` answers what stands where a shape is used.

    Raises ValueError for one name, two shapes.
    """

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {"Problem": PROBLEM}
        self.parameters: dict[str, Any] = {}
        self.responses: dict[str, Any] = {}
        self.bodies: dict[str, Any] = {}

    def of(
        self, shape: Any, entity: Entity | None = None, *, mode: str = "validation"
    ) -> dict[str, Any]:
        """A pydantic type or dataclass, an entity as it is read, or bytes for a file.

        Where the shape leaves room for one of the `entity`'s own, that is put in.
        """
        if isinstance(shape, Entity):
            return self.read(shape)
        if shape is bytes:
            return {"type": "string", "format": "binary"}
        adapter: TypeAdapter[Any] = TypeAdapter(shape)
        schema = adapter.json_schema(ref_template=_REF, mode=mode)  # type: ignore[arg-type]
        parts: dict[str, Any] = schema.pop("$defs", {})
        if "properties" in schema:
            parts[shape.__name__] = schema
            schema = _reference(shape.__name__)
        names = {name: name for name in parts}
        if entity is not None:
            of_entity = {name for name in parts if _comes_to_own(parts, parts[name])}
            names |= {name: f"{entity.model.__name__}{name}" for name in of_entity}

        def settled(part: dict[str, Any]) -> dict[str, Any] | None:
            if OWN in part:
                return self._own(part[OWN], entity)
            name = str(part.get("$ref", "")).rpartition("/")[2]
            return _reference(names[name]) if name in names else None

        for name, part in parts.items():
            self.put(names[name], _rewritten(_untitled(part), settled))
        return dict(_rewritten(schema, settled))

    def put(self, name: str, schema: dict[str, Any]) -> dict[str, str]:
        """A schema written out by hand."""
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two shapes are called {name}")
        return _reference(name)

    def query(self, shape: type[BaseModel]) -> list[dict[str, Any]]:
        """The parameters of a query string, kept once for all routes that take them."""
        schema = shape.model_json_schema(ref_template=_REF)
        for name, part in schema.pop("$defs", {}).items():
            self.put(name, _untitled(part))
        references = []
        for name, described in _untitled(schema)["properties"].items():
            told = described.pop("description", None)
            value = _not_null(described)
            parameter = {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                **({"description": told} if told else {}),
                **({"style": "deepObject", "explode": True} if _is_object(value) else {}),
                "schema": value,
            }
            key = f"{shape.__name__}.{name}"
            if self.parameters.setdefault(key, parameter) != parameter:
                raise ValueError(f"two queries are called {shape.__name__}")
            references.append({"$ref": f"#/components/parameters/{key}"})
        return references

    def place(self, name: str, described: str, choices: Sequence[str]) -> dict[str, str]:
        """A variable of a path, kept once for all paths in which it means the same."""
        enum = {"enum": list(choices)} if choices else {}
        parameter = {
            "name": name,
            "in": "path",
            "required": True,
            "description": described,
            "schema": {"type": "string", **enum},
        }
        keys = (f"{name}{n or ''}" for n in count())
        key = next(key for key in keys if self.parameters.setdefault(key, parameter) == parameter)
        return {"$ref": f"#/components/parameters/{key}"}

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """The same, kept once if it is one shape as JSON: many routes answer it."""
        return _kept(self.responses, "responses", response)

    def body(self, body: dict[str, Any]) -> dict[str, Any]:
        """The same for what is sent."""
        return _kept(self.bodies, "requestBodies", body)

    def read(self, entity: Entity) -> dict[str, Any]:
        """What a client reads of a record."""
        return self.of(validation.response_model(entity), mode="serialization")

    def sent(self, entity: Entity, *, partial: bool) -> dict[str, Any]:
        """What a client sends to create a record, or to change it: then nothing has a default."""
        shape = validation.request_model(entity, partial=partial)
        if not partial:
            return self.of(shape)
        schema = _untitled(shape.model_json_schema(ref_template=_REF))
        for name, part in schema.pop("$defs", {}).items():
            self.put(name, _untitled(part))
        for described in schema["properties"].values():
            described.pop("default", None)
        return self.put(shape.__name__, schema)

    def _own(self, which: str, entity: Entity | None) -> dict[str, Any]:
        if entity is None:
            raise TypeError(f"no entity is there whose own {which} this could be")
        return (
            self.read(entity) if which == "record" else self.sent(entity, partial=which == "patch")
        )


def _kept(those: dict[str, Any], kind: str, told: dict[str, Any]) -> dict[str, Any]:
    content = told["content"]
    name = str(content.get(JSON, {}).get("schema", {}).get("$ref", "")).rpartition("/")[2]
    if not name or len(content) > 1:
        return told
    those[name] = told
    return {"$ref": f"#/components/{kind}/{name}"}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}


def _rewritten(part: Any, settled: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Any:
    """The same, with what `settled` answers in the place of each object it has an answer for."""
    if isinstance(part, dict):
        inner = {name: _rewritten(value, settled) for name, value in part.items()}
        return settled(part) or inner
    if isinstance(part, list):
        return [_rewritten(value, settled) for value in part]
    return part


def _comes_to_own(parts: Mapping[str, Any], start: Any) -> bool:
    """Whether a shape of an entity's own is in it, or in what it refers to."""
    waiting, seen = [start], set[str]()
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if OWN in part:
                return True
            waiting += part.values()
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name in parts and name not in seen:
                seen.add(name)
                waiting.append(parts[name])
        elif isinstance(part, list):
            waiting += part
    return False


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; it is never null."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return options[0] if len(options) == 1 else schema


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object"


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the titles that only repeat the name of each property, and defaults of nothing."""
    for described in schema.get("properties", {}).values():
        described.pop("title", None)
        if described.get("default", "") is None:
            del described["default"]
    return schema
