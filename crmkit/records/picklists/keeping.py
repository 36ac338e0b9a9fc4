"""How a change of a picklist is kept, and told to whoever keeps copies of records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crmkit.choices import Picklist, dumped
from crmkit.entity import Entity
from crmkit.records.picklists import lists
from crmkit.records.tailoring.changing import Change


@dataclass(frozen=True, slots=True)
class ToldValue:
    """One value of a picklist as events carry it."""

    value: str
    colour: str | None
    traits: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ToldReplacement:
    """Since `at` records have `new` (nothing, if null) for `old`, until a new value took its name.

    Their own events do not tell of it: whoever keeps copies replaces it in all states told before.
    """

    old: str
    new: str | None
    at: str
    until: str | None


@dataclass(frozen=True, slots=True)
class PicklistFact:
    """A picklist of an entity, whole: its values in order, and all that was ever replaced."""

    entity: str
    field: str
    values: Sequence[ToldValue]
    replaced: Sequence[ToldReplacement]


def keep(change: Change, name: str, picklist: Picklist, fact: str) -> Entity:
    """Store the picklist as it is to be, and tell of it; the entity that has it."""
    before = _values(lists.of(change.entity, name))
    change.set_of_field(name, {"picklist": dumped(picklist)})
    told = {
        "entity": change.entity.name,
        "field": name,
        "values": _values(picklist),
        "replaced": [
            {
                "old": one.old,
                "new": one.new,
                "at": one.at.isoformat(),
                "until": one.until and one.until.isoformat(),
            }
            for one in picklist.replaced
        ],
    }
    change.uow.tell(change.entity.name, name, fact, picklist.version, told)
    what = f"picklists/{name}"
    return change.done(what, {"values": before}, {"values": _values(picklist)})


def _values(picklist: Picklist) -> list[dict[str, Any]]:
    return [
        {
            "value": choice.value,
            "colour": choice.colour or None,
            "traits": choice.traits and choice.traits.model_dump(mode="json"),
        }
        for choice in picklist.choices
    ]
