"""What a rule has against a write, told to somebody who does not see every field it looks at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from contracts.errors import FieldError, Problem, forbidden
from crmkit.entity import Entity
from crmkit.unit_of_work import UnitOfWork

KEPT = "a rule about what your profile keeps from you stands against it"


@contextmanager
def kept(uow: UnitOfWork, entity: Entity) -> Iterator[None]:
    """Let no refusal of the block name a field that the caller does not see."""
    try:
        yield
    except Problem as problem:
        hidden = uow.shown(entity).tailoring.hidden
        told = tuple(_without(hidden, error) for error in problem.errors)
        if told != problem.errors:
            problem.errors = told
            problem.detail = f"{KEPT[0].upper()}{KEPT[1:]}."
        raise


def _without(hidden: frozenset[str], error: FieldError) -> FieldError:
    name = error.pointer.removeprefix("/").partition("/")[0]
    return replace(error, pointer="", detail=KEPT) if name in hidden else error


def refuse_to_leave_out(uow: UnitOfWork, entity: Entity) -> None:
    """Raise Problem 403 if a new record must have what the caller cannot write."""
    shown = uow.shown(entity).own_fields
    for name, field in uow.of(entity).own_fields.items():
        needed = field.required and field.default is None and not field.read_only
        if needed and (name not in shown or shown[name].read_only):
            raise forbidden("Your profile keeps from you what a new record must have.")
