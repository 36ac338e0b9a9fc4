"""What PostgreSQL will not keep beside what is there already, said of the field it is about."""

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from contracts.errors import FieldError, Problem, invalid, refused
from crmkit.entity import Entity
from crmkit.records.tailoring import indexes

_UNIQUE = "23505"


def refusal_of(entities: Mapping[str, Entity], error: DBAPIError) -> Problem | None:
    """The field that is not unique, by PostgreSQL's own name of its constraint.

    None for an error that is about something else.
    """
    if getattr(error.orig, "pgcode", None) != _UNIQUE:
        return None
    diagnostics = getattr(error.orig, "diag", None)
    constraint = getattr(diagnostics, "constraint_name", None) or ""
    for entity in entities.values():
        table = entity.model.__table__
        for name, field in entity.own_fields.items():
            own = f"{table.name}_{name}_key", indexes.name_of_unique(entity, name)
            if field.unique and constraint in own:
                detail = f"another {entity.title.lower()} has this value already"
                return invalid([FieldError(f"/{name}", "not_unique", detail)])
    return refused("conflict", f"Another record stands against it ({constraint}).")
