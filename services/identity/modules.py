"""What rights may be about: the modules of the whole suite, their verbs and their fields."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from contracts.errors import FieldError, json_pointer
from contracts.rights import EVERY_VERB
from crmkit.modules import known

OWN = "cf_"
"""What the names of administrators' own fields begin with."""


def shareable() -> Mapping[str, Mapping[str, Any]]:
    """Those whose records have owners, and that do not follow another module's sharing."""
    return {name: one for name, one in known().items() if one["owned"] and not one["follows"]}


def unknown(name: str, *at: str, among: Collection[str]) -> Iterator[FieldError]:
    """An error if there is no such module among these."""
    if name not in among:
        yield FieldError(json_pointer(*at), "unknown_value", f"there is no such module: {name!r}")


def unknown_verbs(module: str, verbs: Collection[str], *at: str) -> Iterator[FieldError]:
    """An error for each verb that the module, or without one any module, does not have."""
    some = [known()[module]] if module else known().values()
    there = {EVERY_VERB, *(verb for one in some for verb in one["verbs"])}
    for position, verb in enumerate(verbs):
        if verb not in there:
            pointer = json_pointer(*at, str(position))
            yield FieldError(pointer, "unknown_value", f"there is no such verb: {verb!r}")


def unfit_fields(module: str, fields: Mapping[str, str], *at: str) -> Iterator[FieldError]:
    """An error for each field that the module does not have, or that cannot be hidden.

    Administrators' own fields are known to the module's service alone and pass by their prefix.
    """
    for name, right in fields.items():
        pointer = json_pointer(*at, name)
        if name not in known()[module]["fields"] and not name.startswith(OWN):
            yield FieldError(pointer, "unknown_field", f"{module} has no field {name!r}")
        elif right == "hidden" and name in known()[module]["label"]:
            detail = "is what records are called by, and cannot be hidden"
            yield FieldError(pointer, "unexpected_value", detail)
