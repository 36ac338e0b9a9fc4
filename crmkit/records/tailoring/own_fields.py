"""Administrators' own fields: added and deleted at any time, however many records there are."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field as Constraint
from pydantic import StringConstraints
from sqlalchemy import func, insert, update

from contracts.errors import FieldError, Problem, invalid, not_found, refused
from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.records.reading.rendering import to_json_types
from crmkit.records.tailoring import changing, emptying, indexes, layout, settings
from crmkit.records.tailoring.languages import Labels
from crmkit.records.tailoring.settings import LONGEST_UNIQUE, FieldSettings
from crmkit.records.tailoring.tables import custom_field, field_setting
from crmkit.unit_of_work import UnitOfWork

MOST = 300
"""Fields that administrators may add to one entity."""

_LENGTHS = {
    Kind.TEXT: 255,
    Kind.EMAIL: 254,
    Kind.PHONE: 40,
    Kind.URL: LONGEST_UNIQUE,
    Kind.SKYPE: 100,
    Kind.LONG_TEXT: 50_000,
}
_CHOOSING = frozenset({Kind.PICKLIST, Kind.MULTISELECT})
_COUNTING = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_WHICH: Mapping[str, frozenset[Kind]] = {
    "max_length": frozenset({Kind.TEXT}),
    "scale": frozenset({Kind.DECIMAL}),
    "choices": _CHOOSING,
    "minimum": _COUNTING,
    "maximum": _COUNTING,
}
"""Which kinds each of these says something of."""

Bound = Annotated[Decimal, Constraint(max_digits=19, decimal_places=4, allow_inf_nan=False)]
Choice = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class NewField(FieldSettings):
    """An administrator's own field. Its name begins with `cf_`, so that no later one is called so.

    `max_length` is of text, `scale` the decimals of a decimal number, `minimum` and `maximum` of
    numbers, `choices` of picklists and multiselects. None of these, nor the kind, changes later.
    """

    name: Annotated[str, StringConstraints(pattern=r"^cf_[a-z0-9][a-z0-9_]{0,46}$")]
    kind: Literal[
        "text",
        "decimal",
        "integer",
        "percent",
        "money",
        "date",
        "time",
        "email",
        "phone",
        "picklist",
        "multiselect",
        "url",
        "boolean",
        "long_text",
        "skype",
    ]
    labels: Annotated[Labels, Constraint(min_length=1)]
    max_length: Annotated[int, Constraint(ge=1, le=LONGEST_UNIQUE)] | None = None
    scale: Annotated[int, Constraint(ge=0, le=9)] | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    choices: Annotated[list[Choice], Constraint(min_length=1, max_length=1000)] | None = None


def add(uow: UnitOfWork, entity: Entity, wish: NewField) -> Entity:
    """Add the field; nothing of the records is touched. The entity with it.

    Raises Problem 422 for what fits the kind badly, 409 `field_exists` or `too_many_fields`.
    """
    kind = Kind(wish.kind)
    if errors := [*_flaws(wish, kind)]:
        raise invalid(errors)
    begun = changing.begin(uow, entity)
    if wish.name in begun.entity.fields:
        raise refused("field_exists", f"There is a field {wish.name} already.")
    if len(begun.entity.tailoring.custom) >= MOST:
        raise refused("too_many_fields", f"At most {MOST} fields may be added.")
    row = {
        "entity": entity.name,
        "name": wish.name,
        "kind": kind,
        "shape": to_json_types(_shape(wish, kind)),
    }
    uow.session.execute(insert(custom_field).values(row))
    begun = changing.again(begun)
    given = wish.model_dump(include=set(FieldSettings.model_fields), exclude_unset=True)
    settings.change(begun, wish.name, FieldSettings(**given))
    indexes.keep(uow, begun.entity, wish.name)
    after = wish.model_dump(exclude_unset=True, exclude={"name"})
    return begun.done(f"fields/{wish.name}", {}, after)


def change(uow: UnitOfWork, entity: Entity, name: str, wish: FieldSettings) -> Entity:
    """Set what `wish` names of any field. Raises Problem 404, and what `settings.change` raises."""
    begun = changing.begin(uow, entity)
    if name not in begun.entity.fields:
        raise no_such_field(name)
    before = settings.current(begun.entity, name)
    settings.change(begun, name, wish)
    after = settings.current(changing.again(begun).entity, name)
    return begun.done(f"fields/{name}", before, after)


def delete(uow: UnitOfWork, entity: Entity, name: str) -> dict[str, Any]:
    """Delete an administrator's own field; the job that takes its values out of the records.

    Raises Problem 404, and 409 `relied_on` for a declared field.
    """
    begun = changing.begin(uow, entity)
    if name not in begun.entity.fields:
        raise no_such_field(name)
    field = begun.entity.fields[name]
    if not field.key:
        raise refused("relied_on", f"The program relies on {name}; it can be hidden.")
    before = settings.current(begun.entity, name) | {"kind": field.kind}
    uow.session.execute(
        update(custom_field)
        .where(custom_field.c.entity == entity.name, custom_field.c.name == name)
        .where(custom_field.c.deleted_at.is_(None))
        .values(deleted_at=func.now())
    )
    uow.session.execute(
        field_setting.delete().where(
            field_setting.c.entity == entity.name, field_setting.c.name == name
        )
    )
    layout.forget(begun, name)
    indexes.drop(uow, begun.entity, name)
    begun.done(f"fields/{name}", before, {})
    return emptying.start(uow, entity, name, field.key)


def no_such_field(name: str) -> Problem:
    """404 for the administration of a field that is not there."""
    return not_found(f"There is no field {name!r}.")


def _flaws(wish: NewField, kind: Kind) -> Iterator[FieldError]:
    for word, kinds in _WHICH.items():
        if getattr(wish, word) is not None and kind not in kinds:
            yield FieldError(f"/{word}", "invalid", f"says nothing of a {kind} field")
    if kind in _CHOOSING and not wish.choices:
        yield FieldError("/choices", "required", f"a {kind} field needs values to choose from")
    for position, choice in enumerate(wish.choices or ()):
        if choice in (wish.choices or ())[:position]:
            yield FieldError(f"/choices/{position}", "twice", f"{choice!r} is there already")
    low, high = wish.minimum, wish.maximum
    if low is not None and high is not None and low > high:
        yield FieldError("/maximum", "invalid", "is less than the minimum")
    if kind is Kind.INTEGER:
        for word, bound in (("minimum", low), ("maximum", high)):
            if bound is not None and (bound != int(bound) or abs(bound) >= 2**31):
                yield FieldError(f"/{word}", "invalid", "is no whole number of 32 bits")


def _shape(wish: NewField, kind: Kind) -> dict[str, Any]:
    """What the field is made of besides its kind, as `loading.field_of` reads it."""
    low, high = wish.minimum, wish.maximum
    if kind is Kind.INTEGER:
        low = Decimal(-(2**31)) if low is None else low
        high = Decimal(2**31 - 1) if high is None else high
    elif kind is Kind.PERCENT:
        low, high = Decimal(0), Decimal(100)
    shape = {
        "max_length": wish.max_length or _LENGTHS.get(kind),
        "scale": wish.scale,
        "minimum": low,
        "maximum": high,
        "choices": wish.choices,
    }
    return {word: value for word, value in shape.items() if value is not None}
