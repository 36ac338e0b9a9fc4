"""The picklists of an entity as their editor shows them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import ColumnElement, func, select

from contracts.errors import not_found
from crmkit.choices import Picklist
from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.unit_of_work import UnitOfWork


class Value(BaseModel):
    """One value. `protected` ones can be neither renamed nor deleted.

    `roles` are the ids of those whose people may choose it, all if empty; `traits` what rules know
    of it; `records`, if asked for, how many have it, those in the bin included.
    """

    value: str
    colour: str | None
    protected: bool
    roles: list[str]
    traits: dict[str, Any] | None
    records: int | SkipJsonSchema[None] = None


class Following(BaseModel):
    """Records that have `old` are being given `new` (nothing, if null) by this job."""

    old: str
    new: str | None
    job_id: str


class PicklistDocument(BaseModel):
    """The picklist of one field; `version` counts its changes."""

    entity: str
    field: str
    kind: str
    editable: bool
    role_based: bool
    default: Any
    version: int
    values: list[Value]
    following: list[Following]


class Picklists(BaseModel):
    """All of an entity."""

    items: list[PicklistDocument]


def names(entity: Entity) -> list[str]:
    """The fields that hold a choice, or several."""
    return [name for name, field in entity.own_fields.items() if field.picklist is not None]


def of(entity: Entity, name: str) -> Picklist:
    """The picklist of this field. Raises Problem 404."""
    field = entity.own_fields.get(name)
    if field is None or field.picklist is None:
        raise not_found(f"{entity.title} has no picklist {name!r}.")
    return field.picklist


def describe(
    uow: UnitOfWork, entity: Entity, name: str, *, counted: bool = False
) -> dict[str, Any]:
    """One picklist; `counted` says how many records have each value, those in the bin included."""
    picklist, field = of(entity, name), entity.own_fields[name]
    counts = counts_of(uow, entity, name) if counted else {}
    values = []
    for choice in picklist.choices:
        shown: dict[str, Any] = {
            "value": choice.value,
            "colour": choice.colour or None,
            "protected": field.fixed or choice.value in picklist.protected,
            "roles": choice.roles,
            "traits": choice.traits and choice.traits.model_dump(),
        }
        if counted:
            shown["records"] = counts.get(choice.value, 0)
        values.append(shown)
    return {
        "entity": entity.name,
        "field": name,
        "kind": field.kind,
        "editable": not field.fixed,
        "role_based": picklist.role_based and not field.fixed,
        "default": field.default,
        "version": picklist.version,
        "values": values,
        "following": [
            {"old": one.old, "new": one.new, "job_id": one.job_id} for one in picklist.moving
        ],
    }


def counts_of(uow: UnitOfWork, entity: Entity, name: str) -> Mapping[str, int]:
    """How many records have each value that any has, those in the bin included."""
    held: ColumnElement[Any] = entity.columns[name]
    if entity.own_fields[name].kind is Kind.MULTISELECT:
        held = func.jsonb_array_elements_text(held)
    table = entity.model.__table__
    value = select(held.label("value")).select_from(table).subquery()
    query = select(value.c.value, func.count()).group_by(value.c.value)
    return {value: count for value, count in uow.session.execute(query) if value is not None}
