"""What a client needs to show an entity: its fields, choices, verbs, and the caller's rights."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import SkipJsonSchema

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import access, filters, picklists
from crmkit.records.picklists import dependencies
from crmkit.records.picklists.dependencies import Dependency
from crmkit.records.tailoring import describing, layout
from crmkit.records.tailoring.languages import spoken
from crmkit.unit_of_work import UnitOfWork
from crmkit.verbs import RECORD_VERBS, TOOLS


class FieldDescription(BaseModel):
    """One field, as a form or a filter needs to know it."""

    name: str
    kind: str
    label: str
    required: bool
    read_only: bool
    personal: bool
    help: str | None = None
    custom: bool | SkipJsonSchema[None] = None
    block: str | SkipJsonSchema[None] = None
    position: int | SkipJsonSchema[None] = None
    unique: bool | SkipJsonSchema[None] = None
    mass_editable: bool | SkipJsonSchema[None] = None
    quick_create: bool | SkipJsonSchema[None] = None
    summary: bool | SkipJsonSchema[None] = None
    header: bool | SkipJsonSchema[None] = None
    display: str | SkipJsonSchema[None] = None
    filters: list[str] | SkipJsonSchema[None] = None
    sortable: bool | SkipJsonSchema[None] = None
    default: Any = None
    max_length: int | SkipJsonSchema[None] = None
    choices: list[str] | SkipJsonSchema[None] = None
    colours: dict[str, str] | SkipJsonSchema[None] = None
    target: str | SkipJsonSchema[None] = None
    minimum: str | SkipJsonSchema[None] = None
    maximum: str | SkipJsonSchema[None] = None


class BlockDescription(BaseModel):
    """A group of fields under a heading."""

    name: str
    label: str
    collapsed: bool
    fields: list[str]


class OperatorDescription(BaseModel):
    """What a condition may ask; `takes` is what stands in its value."""

    name: str
    takes: filters.Takes
    meaning: str


class Description(BaseModel):
    """What `GET /meta/{entity}` answers; `rights` and `choices` are the caller's.

    `dependencies` tell what a choice in one field leaves to choose in another.
    """

    entity: str
    plural: str
    title: str
    title_of_many: str
    active: bool
    label_fields: list[str]
    number_prefix: str
    fields: list[FieldDescription]
    blocks: list[BlockDescription]
    line_fields: list[FieldDescription] | SkipJsonSchema[None] = None
    filter_operators: list[OperatorDescription]
    filter_periods: list[str]
    rights: dict[str, bool]
    dependencies: list[Dependency]


def describe(uow: UnitOfWork, entity: Entity, languages: Sequence[str] = ()) -> dict[str, Any]:
    """`GET /meta/{entity}` (design section 5), in the first of the languages there are words in."""
    entity = uow.shown(entity)
    description: dict[str, Any] = {
        "entity": entity.name,
        "plural": entity.plural,
        **describing.names(entity, languages),
        "label_fields": entity.label,
        "fields": fields(uow, entity, languages),
        "blocks": describing.blocks(entity, languages),
        "filter_operators": [
            {"name": operator.name, "takes": operator.takes, "meaning": operator.meaning}
            for operator in filters.OPERATORS.values()
        ],
        "filter_periods": filters.PERIODS,
        "rights": {
            verb: access.may_ever(entity, uow.caller, verb)
            for verb in sorted(RECORD_VERBS | TOOLS | entity.verbs)
        },
        "dependencies": [
            one.model_dump()
            for one in dependencies.of(entity)
            if entity.tailoring.hidden.isdisjoint({one.source, one.target})
        ],
    }
    if entity.line_model is not None:
        lines = [{"label": spoken(n), **_field(uow, n, f)} for n, f in entity.line_fields.items()]
        description["line_fields"] = lines
    return description


def fields(uow: UnitOfWork, entity: Entity, languages: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Every field of the entity, computed ones last."""
    places = layout.places(layout.blocks_of(entity))
    described = [
        _field(uow, name, one)
        | describing.presentation(entity, name, one, languages)
        | places.get(name, {})
        for name, one in entity.fields.items()
    ]
    computed = {"kind": "computed", "required": False, "read_only": True, "personal": False}
    described += [{"name": n, "label": spoken(n), **computed} for n in entity.computed]
    return described


def field(
    uow: UnitOfWork, entity: Entity, name: str, languages: Sequence[str] = ()
) -> dict[str, Any]:
    """One field."""
    return next(one for one in fields(uow, entity, languages) if one["name"] == name)


def _field(uow: UnitOfWork, name: str, field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "kind": field.kind,
        "required": field.required,
        "read_only": field.read_only,
        "personal": field.personal,
        "filters": filters.operators(field),
        "sortable": field.kind not in {Kind.JSON, Kind.MULTISELECT},
    }
    if field.default is not None:
        described["default"] = field.default
    if field.max_length is not None:
        described["max_length"] = field.max_length
    if field.picklist is not None:
        described["choices"] = picklists.choosable(uow, field.picklist)
        described["colours"] = {c.value: c.colour for c in field.picklist.choices if c.colour}
    if field.target:
        described["target"] = field.target
    for name_of_bound in ("minimum", "maximum"):
        bound = getattr(field, name_of_bound)
        if bound is not None:
            described[name_of_bound] = bound
    return described
