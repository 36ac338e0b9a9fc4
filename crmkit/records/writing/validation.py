"""Reads what a client sent into typed values, and names every field that is wrong at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    create_model,
)
from pydantic import Field as Constraint
from pydantic.config import JsonDict

from contracts.errors import FieldError, Problem, bad_request, invalid, json_pointer
from crmkit.entity import Entity, per_entity
from crmkit.fields import Field, Kind
from crmkit.records.writing.codes import MEANINGS, code_of
from crmkit.records.writing.value_types import UUID_PATTERN, python_type, read_type

MOST_NAMED = 5_000
"""How many bad fields a refusal names."""
_PLAINER = frozenset({"unknown_field", "read_only"})
"""What our own words say better than pydantic's."""

_WITH_OWN_FIELDS: JsonDict = {
    "patternProperties": {"^cf_": {"description": "An administrator's own field; see /meta."}}
}
"""What the documents say of fields that nobody has added yet."""


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _annotation(field: Field, *, nullable: bool) -> Any:
    if not nullable:
        return python_type(field)
    return Annotated[python_type(field) | None, BeforeValidator(_blank_is_none)]


def _writable(fields: Mapping[str, Field]) -> Mapping[str, Field]:
    return {name: f for name, f in fields.items() if not f.read_only}


def _default(field: Field, *, partial: bool) -> Any:
    return ... if field.required and field.default is None and not partial else field.default


def request_model(entity: Entity, *, partial: bool) -> type[BaseModel]:
    """The pydantic model of a create (`partial` false) or of a merge patch (RFC 7396)."""
    return _patch_model(entity) if partial else _create_model(entity)


@per_entity
def _create_model(entity: Entity) -> type[BaseModel]:
    return _request_model(entity, partial=False)


@per_entity
def _patch_model(entity: Entity) -> type[BaseModel]:
    return _request_model(entity, partial=True)


def _request_model(entity: Entity, *, partial: bool) -> type[BaseModel]:
    shapes: dict[str, Any] = {}
    for name, f in _writable(entity.own_fields).items():
        # An owner may be left out of a new record, but never be taken from an old one.
        emptied = bool(f.key) or entity.held(name).nullable
        nullable = f.nullable and (not partial or emptied)
        shapes[name] = (_annotation(f, nullable=nullable), _default(f, partial=partial))
    if entity.line_model is not None:
        line = _line_model(entity)
        lines = Annotated[list[line], Constraint(max_length=1000)]  # type: ignore[valid-type]
        shapes["lines"] = (lines, None if partial else [])
    return create_model(
        f"{entity.model.__name__}{'Patch' if partial else 'Create'}",
        __config__=ConfigDict(extra="forbid", json_schema_extra=_WITH_OWN_FIELDS),
        **shapes,
    )


def _line_model(entity: Entity) -> type[BaseModel]:
    identity = Field(Kind.LINK)
    shapes: dict[str, Any] = {"id": (_annotation(identity, nullable=True), None)}
    for name, f in _writable(entity.line_fields).items():
        shapes[name] = (_annotation(f, nullable=f.nullable), _default(f, partial=False))
    assert entity.line_model is not None
    name = f"{entity.line_model.__name__}Input"
    return create_model(name, __config__=ConfigDict(extra="forbid"), **shapes)


def parse(entity: Entity, payload: Any, *, partial: bool) -> dict[str, Any]:
    """The payload's values by field name; only those sent when `partial`.

    Raises Problem 422 that lists every bad field (400 when it is no JSON object).
    """
    values, errors = read(entity, payload, partial=partial)
    if errors:
        raise invalid(errors)
    return values


def read(
    entity: Entity, payload: Any, *, partial: bool
) -> tuple[dict[str, Any], Sequence[FieldError]]:
    """The same, and what is wrong; if anything is, the values are those of fields that are right.

    Raises Problem 400 when it is no JSON object.
    """
    model = request_model(entity, partial=partial)
    if not isinstance(payload, dict):
        raise bad_request("object_expected", "The body must be a JSON object.")
    try:
        parsed = model.model_validate(payload)
    except ValidationError as failure:
        errors = field_errors(failure, read_only=_read_only(entity))
        return _right(entity, payload, errors), errors
    return _read(entity, parsed, parsed.model_fields_set if partial else model.model_fields), ()


def _right(
    entity: Entity, payload: Mapping[str, Any], errors: Sequence[FieldError]
) -> dict[str, Any]:
    """The values of the fields that none of `errors` is about."""
    wrong = {error.pointer.split("/", 2)[1] for error in errors if error.pointer}
    model = request_model(entity, partial=True)
    sent = {n: v for n, v in payload.items() if n in model.model_fields and n not in wrong}
    try:
        parsed = model.model_validate(sent)
    except ValidationError:
        return {}
    return _read(entity, parsed, parsed.model_fields_set)


def _read(entity: Entity, parsed: BaseModel, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(parsed, name) for name in names}
    if entity.line_model is not None and values.get("lines") is not None:
        values["lines"] = [_values(line) for line in values["lines"]]
    return {name: _plain(value) for name, value in values.items()}


def _values(line: BaseModel) -> dict[str, Any]:
    return {name: _plain(getattr(line, name)) for name in type(line).model_fields}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple) and value and isinstance(value[0], BaseModel):
        return [item.model_dump(mode="json") for item in value]
    return value


def _read_only(entity: Entity) -> frozenset[tuple[str, ...]]:
    """Where a client must not write although there is something to read."""
    stored = (name for name, f in entity.fields.items() if f.read_only)
    of_lines = (name for name, f in entity.line_fields.items() if f.read_only)
    return frozenset(
        [
            *((name,) for name in (*stored, *entity.computed)),
            *(("lines", name) for name in ("sequence", *of_lines)),
        ]
    )


def field_errors(
    failure: ValidationError, *, read_only: frozenset[tuple[str, ...]] = frozenset(), at: str = ""
) -> list[FieldError]:
    """Each pydantic error as a pointer (below `at`), a stable code and a sentence.

    Of more than `MOST_NAMED` none is named: only a body that means harm has so many.
    """
    if (count := failure.error_count()) > MOST_NAMED:
        return [FieldError(at, "too_many_errors", f"{count} fields are wrong, too many to name")]
    errors = []
    for error in failure.errors(include_url=False, include_context=False, include_input=False):
        location = [str(step) for step in error["loc"] if not _is_type_tag(step)]
        code = code_of(error["type"])
        names = tuple(step for step in location if not step.isdecimal())
        if code == "unknown_field" and names in read_only:
            code = "read_only"
        detail = MEANINGS[code] if code in _PLAINER else error["msg"]
        if UUID_PATTERN in detail:
            detail = "is no id"
        errors.append(FieldError(at + json_pointer(*location), code, detail))
    return errors


def _is_type_tag(step: int | str) -> bool:
    return isinstance(step, str) and step.startswith(("function-", "constrained-"))


@contextmanager
def gathered(errors: list[FieldError]) -> Iterator[None]:
    """Put the bad fields that a refusal (422) names into `errors`; any other goes on."""
    try:
        yield
    except Problem as refusal:
        if refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        errors += refusal.errors


def parse_body(shape: type[BaseModel], payload: Any) -> Any:
    """An action's body as the pydantic model `shape`; every bad field in one 422 Problem."""
    try:
        return shape.model_validate(payload)
    except ValidationError as failure:
        raise invalid(field_errors(failure)) from None


@per_entity
def response_model(entity: Entity) -> type[BaseModel]:
    """What a client reads of this entity: every visible field, or of a list those asked for."""
    shapes: dict[str, Any] = {}
    for name, f in entity.fields.items():
        always = name == "id"
        shapes[name] = (read_type(f), ...) if always else (read_type(f) | None, None)
    for name, computed in entity.computed.items():
        shapes[name] = (computed.shape | None, None)
    if entity.line_model is not None:
        rows: dict[str, Any] = {"id": (str, ...), "sequence": (int, ...)}
        rows |= {n: (read_type(f) | None, None) for n, f in entity.line_fields.items()}
        line = create_model(entity.line_model.__name__, **rows)
        shapes["lines"] = (list[line], [])  # type: ignore[valid-type]
    own = ConfigDict(json_schema_extra=_WITH_OWN_FIELDS)
    return create_model(entity.model.__name__, __config__=own, **shapes)
