"""The API reference people read: OpenAPI and AsyncAPI turned into what the page shows."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Document = Mapping[str, Any]

_SCHEMAS = "#/components/schemas/"
_PROBLEM = "Problem"
_METHODS = ("get", "post", "put", "patch", "delete")
_LIMITS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "from {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "up to {}"),
    ("maxItems", "at most {} items"),
    ("default", "default {}"),
)


@dataclass(frozen=True)
class Row:
    """One field or parameter. `shape` is the anchor of the shape it holds, if it holds one."""

    name: str
    type: str
    shape: str
    required: bool
    read_only: bool
    choices: Sequence[str]
    notes: str


@dataclass(frozen=True)
class Shape:
    """A named schema and its fields."""

    name: str
    anchor: str
    description: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Answer:
    """What may come back: a status, its meaning, and the type of its body."""

    status: str
    description: str
    type: str
    shape: str


@dataclass(frozen=True)
class Operation:
    """One thing a client can do. What the statuses of `refusals` mean is said once for all."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    public: bool
    parameters: Sequence[Row]
    body: Row | None
    answers: Sequence[Answer]
    refusals: Sequence[str]


@dataclass(frozen=True)
class Group:
    """What belongs to one entity: its operations and the shapes only they use.

    `section` is the heading it stands under, the service that owns it.
    """

    name: str
    anchor: str
    section: str
    operations: Sequence[Operation]
    shapes: Sequence[Shape]


@dataclass(frozen=True)
class Channel:
    """One kind of event partners can subscribe to."""

    address: str
    description: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Section:
    """A tag of the document: one service, and the groups it owns."""

    name: str
    description: str
    groups: Sequence[Group]


@dataclass(frozen=True)
class Reference:
    """The whole page. `shared` are shapes that several groups use, `told` those of events only,
    `refusals` what the status of each means.
    """

    title: str
    version: str
    description: str
    sections: Sequence[Section]
    shared: Sequence[Shape]
    channels: Sequence[Channel]
    told: Sequence[Shape]
    refusals: Sequence[Answer]


def reference(openapi: Document, asyncapi: Document) -> Reference:
    """Arrange both documents: by tag, in it by entity (`x-entity`) or else by the path's word."""
    schemas = _schemas_of(openapi)
    by_entity: dict[str, list[_Spoken]] = {}
    for spoken in _spoken(openapi):
        by_entity.setdefault(spoken.entity, []).append(spoken)
    used = {
        entity: _shapes_behind(openapi, [spoken.operation for spoken in some])
        for entity, some in by_entity.items()
    }
    users = Counter(name for names in used.values() for name in names)
    groups = [
        _group(
            openapi,
            some,
            [
                _shape(name, schemas[name])
                for name in schemas
                if name in used[entity] and users[name] == 1
            ],
        )
        for entity, some in by_entity.items()
    ]
    descriptions = {tag["name"]: tag.get("description", "") for tag in openapi.get("tags", [])}
    names = dict.fromkeys([*descriptions, *(group.section for group in groups)])
    info = openapi["info"]
    return Reference(
        title=info["title"],
        version=info["version"],
        description=info.get("description", ""),
        sections=[
            Section(name, descriptions.get(name, ""), owned)
            for name in names
            if (owned := [group for group in groups if group.section == name])
        ],
        shared=[_shape(name, schemas[name]) for name in schemas if users[name] > 1],
        channels=list(_channels(asyncapi)),
        told=[
            _shape(name, schema)
            for name, schema in _schemas_of(asyncapi).items()
            if not users[name]
        ],
        refusals=[
            answer
            for status, described in openapi.get("components", {}).get("responses", {}).items()
            if (answer := _answer(status, described)).type == _PROBLEM
        ],
    )


class _Spoken(NamedTuple):
    path: str
    method: str
    entity: str
    operation: Document


def _schemas_of(document: Document) -> Document:
    schemas: Document = document.get("components", {}).get("schemas", {})
    return schemas


def _spoken(openapi: Document) -> Iterator[_Spoken]:
    for path, item in openapi["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                entity = item.get("x-entity") or _word(path)
                yield _Spoken(path, method, entity, {**operation, "parameters": parameters})


def _word(path: str) -> str:
    words = [word for word in path.split("/") if word and word not in {"api", "v1"}]
    return words[0] if words else "other"


def _group(openapi: Document, some: Sequence[_Spoken], shapes: Sequence[Shape]) -> Group:
    """The group of operations on one entity, named as the entity's own paths are."""
    word = Counter(_word(spoken.path) for spoken in some).most_common(1)[0][0]
    tags = some[0].operation.get("tags") or [word]
    return Group(
        name=word.replace("-", " "),
        anchor=_anchor(word),
        section=tags[0],
        operations=[
            _operation(openapi, spoken.path, spoken.method, spoken.operation) for spoken in some
        ],
        shapes=shapes,
    )


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _operation(openapi: Document, path: str, method: str, operation: Document) -> Operation:
    body = _resolved(openapi, operation.get("requestBody") or {})
    body_schema = _content(body)
    security = operation.get("security", openapi.get("security", []))
    answers = [
        _answer(str(status), _resolved(openapi, answer))
        for status, answer in operation.get("responses", {}).items()
    ]
    return Operation(
        method=method.upper(),
        path=path,
        anchor=_anchor(f"{method} {path}"),
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        public=not security,
        parameters=[
            _parameter(_resolved(openapi, parameter)) for parameter in operation["parameters"]
        ],
        body=_row("body", body_schema, required=True) if body_schema else None,
        answers=[answer for answer in answers if answer.type != _PROBLEM],
        refusals=[answer.status for answer in answers if answer.type == _PROBLEM],
    )


def _parameter(parameter: Document) -> Row:
    schema = {"description": parameter.get("description", ""), **parameter.get("schema", {})}
    where = "" if parameter["in"] == "query" else f" ({parameter['in']})"
    return _row(parameter["name"] + where, schema, required=bool(parameter.get("required")))


def _answer(status: str, answer: Document) -> Answer:
    schema = _content(answer)
    return Answer(status, answer.get("description", ""), _type(schema), _refers_to(schema))


def _content(described: Document) -> Document:
    for media in described.get("content", {}).values():
        schema: Document = media.get("schema", {})
        return schema
    return {}


def _shape(name: str, schema: Document) -> Shape:
    return Shape(name, _anchor(f"shape {name}"), schema.get("description", ""), _rows(schema))


def _rows(schema: Document) -> list[Row]:
    required = set(schema.get("required", []))
    rows = [
        _row(name, field, required=name in required)
        for name, field in schema.get("properties", {}).items()
    ]
    for part in schema.get("allOf", []):
        rows += [_row("…", part, required=True)] if "$ref" in part else _rows(part)
    return rows


def _row(name: str, schema: Document, *, required: bool) -> Row:
    inner = _plain(schema)
    limits = [text.format(inner[key]) for key, text in _LIMITS if inner.get(key) is not None]
    return Row(
        name=name,
        type=_type(schema),
        shape=_refers_to(schema),
        required=required,
        read_only=bool(schema.get("readOnly")),
        choices=[str(choice) for choice in inner.get("enum", []) if choice is not None],
        notes="; ".join([schema.get("description", ""), *limits]).strip("; "),
    )


def _plain(schema: Document) -> Document:
    """The schema with the one alternative that is not null laid over it."""
    alternatives = [
        option
        for option in (*schema.get("anyOf", []), *schema.get("oneOf", []))
        if option.get("type") != "null"
    ]
    return {**schema, **alternatives[0]} if len(alternatives) == 1 else schema


def _type(schema: Document) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if options := [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    if "const" in schema:
        return repr(schema["const"])
    names = schema.get("type", "object" if "properties" in schema else "")
    if names == "array":
        return f"list of {_type(schema.get('items', {})) or 'anything'}"
    joined = " or ".join(names) if isinstance(names, list) else str(names)
    return f"{joined} ({schema['format']})" if "format" in schema else joined


def _refers_to(schema: Document) -> str:
    names = (ref.removeprefix(_SCHEMAS) for ref in _refs(schema) if ref.startswith(_SCHEMAS))
    return next((_anchor(f"shape {name}") for name in names), "")


def _refs(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        target = part.get("$ref")
        if isinstance(target, str):
            yield target
        for inner in part.values():
            yield from _refs(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _refs(inner)


def _shapes_behind(document: Document, parts: Any) -> set[str]:
    """The names of all schemas that `parts` refer to, directly or by way of others."""
    waiting, seen = list(_refs(parts)), set[str]()
    while waiting:
        target = waiting.pop()
        if target not in seen:
            seen.add(target)
            waiting.extend(_refs(_resolved(document, {"$ref": target})))
    return {target.removeprefix(_SCHEMAS) for target in seen if target.startswith(_SCHEMAS)}


def _resolved(document: Document, part: Document) -> Document:
    """Follow a `$ref` within the document; anything else is answered as it is."""
    target = part.get("$ref")
    if not isinstance(target, str):
        return part
    found: Any = document
    for word in target.removeprefix("#/").split("/"):
        found = found[word.replace("~1", "/").replace("~0", "~")]
    return _resolved(document, found)


def _channels(asyncapi: Document) -> Iterator[Channel]:
    for name, channel in asyncapi.get("channels", {}).items():
        for message in channel.get("messages", {}).values():
            told = _resolved(asyncapi, message)
            payload = _resolved(asyncapi, told.get("payload", {}))
            payload = _resolved(asyncapi, payload.get("schema", payload))
            described = [channel.get("description", ""), told.get("summary", "")]
            yield Channel(
                channel.get("address") or name,
                " ".join(dict.fromkeys(text for text in described if text)),
                _rows(payload),
            )
