"""What of a picklist may be chosen: by this person, and beside the record's other choices."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from contracts.errors import FieldError, invalid
from crmkit.choices import Picklist
from crmkit.entity import Entity
from crmkit.records.picklists import dependencies
from crmkit.records.picklists.dependencies import several
from crmkit.records.principals import role
from crmkit.records.writing import validation, value_types
from crmkit.unit_of_work import UnitOfWork


def check(uow: UnitOfWork, entity: Entity, values: Mapping[str, Any], record: Any = None) -> None:
    """Refuse choices among `values` that are not the caller's, or do not go together.

    `values` are those that change; what `record` has already, its writer may keep. Raises Problem
    422 that names every such field.
    """
    errors = [*_not_theirs(uow, entity, values, record)]
    errors += dependencies.broken(entity, values, record)
    if errors:
        raise invalid(errors)


def chosen(uow: UnitOfWork, entity: Entity, name: str, value: str | None, *, at: str = "") -> Any:
    """One choice that an action was given, as it is stored; None if none was given.

    `at` is the pointer to where it was sent. Raises Problem 422.
    """
    entity = uow.of(entity)
    if value is None:
        return None
    try:
        value = value_types.adapter(entity.fields[name]).validate_python(value)
    except ValidationError as failure:
        raise invalid(validation.field_errors(failure, at=f"{at}/{name}")) from None
    errors = [*_not_theirs(uow, entity, {name: value}, None, at=at)]
    if errors:
        raise invalid(errors)
    return value


def choosable(uow: UnitOfWork, picklist: Picklist) -> tuple[str, ...]:
    """The values that the caller may choose.

    A value limited to roles is for their people, for their superiors, and for administrators.
    """
    if not picklist.limited or uow.caller.is_admin:
        return picklist.names
    mine = _roles_below(uow)
    return tuple(c.value for c in picklist.choices if not c.roles or mine.intersection(c.roles))


def _roles_below(uow: UnitOfWork) -> frozenset[str]:
    """The caller's role and those below it."""
    path = uow.caller.role_path
    if not path:
        return frozenset()
    below = select(role.c.role_id).where(role.c.path.startswith(path, autoescape=True))
    return frozenset(uow.session.scalars(below))


def _not_theirs(
    uow: UnitOfWork, entity: Entity, values: Mapping[str, Any], record: Any, *, at: str = ""
) -> Iterator[FieldError]:
    for name, value in values.items():
        field = entity.own_fields.get(name)
        if field is None or field.picklist is None or not field.picklist.limited:
            continue
        held = None if record is None else entity.get(record, name)
        kept = {*several(held), *several(field.default)}
        theirs = choosable(uow, field.picklist)
        for one in several(value):
            if one not in theirs and one not in kept:
                detail = f"{one} is not among the choices of your role"
                yield FieldError(f"{at}/{name}", "not_for_your_role", detail)
