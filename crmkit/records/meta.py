"""What a client needs to show an entity: its fields, choices, verbs, and the caller's rights."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import SkipJsonSchema

from crmkit.entity import RECORD_VERBS, Entity
from crmkit.fields import Field, Kind
from crmkit.records import access, filters
from crmkit.unit_of_work import UnitOfWork


class FieldDescription(BaseModel):
    """One field, as a form or a filter needs to know it."""

    name: str
    kind: str
    required: bool
    read_only: bool
    filters: list[str] | SkipJsonSchema[None] = None
    sortable: bool | SkipJsonSchema[None] = None
    default: Any = None
    max_length: int | SkipJsonSchema[None] = None
    choices: list[str] | SkipJsonSchema[None] = None
    target: str | SkipJsonSchema[None] = None
    minimum: str | SkipJsonSchema[None] = None
    maximum: str | SkipJsonSchema[None] = None


class OperatorDescription(BaseModel):
    """What a condition may ask; `takes` is what stands in its value."""

    name: str
    takes: filters.Takes
    meaning: str


class Description(BaseModel):
    """What `GET /meta/{entity}` answers; `rights` are the caller's."""

    entity: str
    plural: str
    title: str
    label_fields: list[str]
    number_prefix: str
    fields: list[FieldDescription]
    line_fields: list[FieldDescription] | SkipJsonSchema[None] = None
    filter_operators: list[OperatorDescription]
    filter_periods: list[str]
    rights: dict[str, bool]


def describe(uow: UnitOfWork, entity: Entity) -> dict[str, Any]:
    """`GET /meta/{entity}` (design section 5)."""
    description: dict[str, Any] = {
        "entity": entity.name,
        "plural": entity.plural,
        "title": entity.title,
        "label_fields": entity.label,
        "number_prefix": entity.prefix,
        "fields": [_field(name, f) for name, f in entity.fields.items()],
        "filter_operators": [
            {"name": operator.name, "takes": operator.takes, "meaning": operator.meaning}
            for operator in filters.OPERATORS.values()
        ],
        "filter_periods": filters.PERIODS,
        "rights": {
            verb: access.may_ever(entity, uow.caller, verb)
            for verb in sorted(RECORD_VERBS | entity.verbs)
        },
    }
    description["fields"] += [
        {"name": name, "kind": "computed", "required": False, "read_only": True}
        for name in entity.computed
    ]
    if entity.line_model is not None:
        description["line_fields"] = [_field(name, f) for name, f in entity.line_fields.items()]
    return description


def _field(name: str, field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "kind": field.kind,
        "required": field.required,
        "read_only": field.read_only,
        "filters": filters.operators(field),
        "sortable": field.kind not in {Kind.JSON, Kind.MULTISELECT},
    }
    if field.default is not None:
        described["default"] = field.default
    if field.max_length is not None:
        described["max_length"] = field.max_length
    if field.choices:
        described["choices"] = field.choices
    if field.target:
        described["target"] = field.target
    for name_of_bound in ("minimum", "maximum"):
        bound = getattr(field, name_of_bound)
        if bound is not None:
            described[name_of_bound] = bound
    return described
