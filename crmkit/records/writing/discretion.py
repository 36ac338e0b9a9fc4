"""What a rule has against a write, told to somebody who does not see every field it looks at."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from contracts.errors import FieldError, Problem, forbidden
from crmkit.entity import Entity
from crmkit.fields import Field
from crmkit.tailoring import OF_LINES
from crmkit.unit_of_work import UnitOfWork

KEPT = "a rule about what your profile keeps from you stands against it"


@contextmanager
def kept(uow: UnitOfWork, entity: Entity) -> Iterator[None]:
    """Let no refusal of the block name a field that the caller does not see."""
    try:
        yield
    except Problem as problem:
        keep(uow, entity, problem)
        raise


def keep(uow: UnitOfWork, entity: Entity, problem: Problem) -> None:
    """Take from a refusal what it says of fields that the caller does not see.

    Where several fields together stand against it, those that are seen would tell of the others.
    """
    hidden = uow.shown(entity).tailoring.hidden
    told = tuple(_without(hidden, error) for error in problem.errors)
    if told == problem.errors:
        return
    together = problem.code == "duplicate"
    problem.errors = (FieldError("", problem.code, KEPT),) if together else told
    problem.detail = f"{KEPT[0].upper()}{KEPT[1:]}."
    problem.extra = {}


def _without(hidden: frozenset[str], error: FieldError) -> FieldError:
    name, _, rest = error.pointer.removeprefix("/").partition("/")
    if name == "lines":
        name = OF_LINES + rest.partition("/")[2].partition("/")[0]
    return replace(error, pointer="", detail=KEPT) if name in hidden else error


def refuse_to_leave_out(uow: UnitOfWork, entity: Entity) -> None:
    """Raise Problem 403 if a new record must have what the caller cannot write."""
    if _must_have(uow.of(entity).own_fields, uow.shown(entity).own_fields):
        raise forbidden("Your profile keeps from you what a new record must have.")


def refuse_new_lines(uow: UnitOfWork, entity: Entity, lines: Iterable[Mapping[str, Any]]) -> None:
    """The same for those of `lines` that are new, which are without an id."""
    if all(line.get("id") for line in lines):
        return
    if _must_have(uow.of(entity).line_fields, uow.shown(entity).line_fields):
        raise forbidden("Your profile keeps from you what a new line must have.")


def _must_have(whole: Mapping[str, Field], shown: Mapping[str, Field]) -> bool:
    """Whether something that must be there cannot be written by who sees what is `shown`."""
    return whole is not shown and any(
        field.required and field.default is None and not field.read_only
        for name, field in whole.items()
        if name not in shown or shown[name].read_only
    )
