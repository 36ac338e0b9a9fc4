"""What becomes of a report when a field is hidden that it rests on."""

from collections.abc import Iterable, Mapping

from contracts.errors import forbidden
from crmkit.unit_of_work import UnitOfWork


def require(uow: UnitOfWork, module: str, fields: Iterable[str]) -> None:
    """Raise Problem 403 that names what the caller's profile hides of what nobody can do without:
    by what rows are grouped, and which records are in them.
    """
    hidden = sorted(_hidden(uow, module) & set(fields))
    if hidden:
        names = ", ".join(hidden)
        raise forbidden(f"Your profile hides what this report rests on: {module}.{names}.")


def shown(uow: UnitOfWork, module: str, rests_on: Mapping[str, str]) -> frozenset[str]:
    """The figures that the caller may read, of those of which each rests on a field."""
    hidden = _hidden(uow, module)
    return frozenset(figure for figure, field in rests_on.items() if field not in hidden)


def _hidden(uow: UnitOfWork, module: str) -> frozenset[str]:
    return frozenset() if uow.caller.is_admin else uow.caller.rights.of(module).hidden
