"""What PostgreSQL will not keep beside what is there already, said of the field it is about."""

from sqlalchemy.exc import DBAPIError

from contracts.errors import FieldError, Problem, invalid, refused
from crmkit.records.tailoring import indexes
from crmkit.records.writing import discretion
from crmkit.unit_of_work import UnitOfWork

_UNIQUE = "23505"


def refusal_of(uow: UnitOfWork, error: DBAPIError) -> Problem | None:
    """The field that is not unique, by PostgreSQL's own name of its constraint, if it is one that
    the caller sees. None for an error that is about something else.
    """
    if getattr(error.orig, "pgcode", None) != _UNIQUE:
        return None
    diagnostics = getattr(error.orig, "diag", None)
    constraint = getattr(diagnostics, "constraint_name", None) or ""
    for entity in uow.entities.values():
        table = entity.model.__table__
        for name, field in entity.own_fields.items():
            own = f"{table.name}_{name}_key", indexes.name_of_unique(entity, name)
            if field.unique and constraint in own:
                detail = f"another {entity.title.lower()} has this value already"
                problem = invalid([FieldError(f"/{name}", "not_unique", detail)])
                discretion.keep(uow, entity, problem)
                return problem
    return refused("conflict", "Another record stands against it.")
