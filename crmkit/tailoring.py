"""What administrators have changed of an entity, and what profiles keep from somebody, as one value
laid over its declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crmkit import custom
from crmkit.choices import laid_over
from crmkit.fields import Field, Kind

OF_LINES = "lines."
"""What the name of a field of lines begins with where rights name it: `lines.purchase_cost`."""

OVERLAID = ("required", "default", "unique", "personal")
"""The settings of a field that change what the engine does; all others are for who shows it."""


@dataclass(frozen=True, slots=True)
class Tailoring:
    """Own fields by name; settings of any field by its name; settings of the entity by theirs.

    Settings are JSON as their behaviours store them (`crmkit/records/tailoring/tables.py`).
    `hidden` and `read_only` name fields that one person does not see, or not write; those of lines
    as `OF_LINES` has it.
    """

    custom: Mapping[str, Field] = field(default_factory=dict)
    of_fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    of_entity: Mapping[str, Any] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()

    def over(self, declared: Mapping[str, Field]) -> Mapping[str, Field]:
        """The declared fields as set, and after them the administrators' own."""
        return {
            name: self._limited(name, _overlaid(one, self.of_fields.get(name)))
            for name, one in (*declared.items(), *self.custom.items())
            if name not in self.hidden
        }

    def over_lines(self, declared: Mapping[str, Field]) -> Mapping[str, Field]:
        """The declared fields of lines, as far as they are seen."""
        return {
            name: self._limited(OF_LINES + name, one)
            for name, one in declared.items()
            if OF_LINES + name not in self.hidden
        }

    def _limited(self, name: str, field: Field) -> Field:
        return replace(field, read_only=True) if name in self.read_only else field

    def without(self, hidden: frozenset[str], read_only: frozenset[str]) -> "Tailoring":
        """The same for somebody who does not see the hidden fields, nor write the others."""
        seen = {name: one for name, one in self.custom.items() if name not in hidden}
        return replace(self, custom=seen, hidden=hidden, read_only=read_only)

    @property
    def active(self) -> bool:
        """Whether the module is switched on."""
        return bool(self.of_entity.get("active", True))


AS_DECLARED = Tailoring()


def _overlaid(declared: Field, settings: Mapping[str, Any] | None) -> Field:
    if not settings:
        return declared
    changed: dict[str, Any] = {name: settings[name] for name in OVERLAID if name in settings}
    if changed.get("default") is not None:
        default = custom.decoded(declared, changed["default"])
        changed["default"] = tuple(default) if declared.kind is Kind.MULTISELECT else default
    if declared.picklist is not None and "picklist" in settings:
        picklist = laid_over(declared.picklist, settings["picklist"])
        default = changed.get("default", declared.default)
        changed |= {"picklist": picklist, "choices": picklist.names}
        changed["default"] = picklist.current(default) or None
    return replace(declared, **changed) if changed else declared
