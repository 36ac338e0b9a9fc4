"""An entity's shape for whoever shows it: labels in the reader's language, blocks, flags."""

from collections.abc import Mapping, Sequence
from typing import Any

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records.tailoring import layout, modules, numbers
from crmkit.records.tailoring.languages import best, spoken

_NEVER_MASS_EDITED = frozenset({Kind.JSON})


def names(entity: Entity, languages: Sequence[str]) -> dict[str, Any]:
    """What one record is called and many, the prefix of numbers, and whether the module is on."""
    tailoring = entity.tailoring
    called = tailoring.of_entity.get(modules.NAMES, {})
    many = entity.plural.replace("-", " ").capitalize()
    return {
        "title": best(_each(called, "one"), languages) or entity.title,
        "title_of_many": best(_each(called, "many"), languages) or many,
        "number_prefix": tailoring.of_entity.get(numbers.SETTING, {}).get("prefix", entity.prefix),
        "active": tailoring.active,
    }


def _each(called: Mapping[str, Mapping[str, str]], which: str) -> dict[str, str]:
    return {language: names[which] for language, names in called.items()}


def blocks(entity: Entity, languages: Sequence[str]) -> list[dict[str, Any]]:
    """The layout with the heading of each block in the reader's language."""
    return [
        {
            "name": block["name"],
            "label": best(block["labels"], languages) or spoken(block["name"]),
            "collapsed": block["collapsed"],
            "fields": block["fields"],
        }
        for block in layout.blocks_of(entity)
    ]


def label(entity: Entity, name: str, languages: Sequence[str]) -> str:
    """What a field is called, as set or as it came."""
    labels = entity.tailoring.of_fields.get(name, {}).get("labels", {})
    return best(labels, languages) or spoken(name)


def presentation(
    entity: Entity, name: str, field: Field, languages: Sequence[str]
) -> dict[str, Any]:
    """How one field is shown, as set or as it came."""
    settings = entity.tailoring.of_fields.get(name, {})
    editable = not field.read_only and field.kind not in _NEVER_MASS_EDITED
    return {
        "label": label(entity, name, languages),
        "help": best(settings.get("help", {}), languages),
        "custom": bool(field.key),
        "unique": field.unique,
        "mass_editable": editable and settings.get("mass_editable", not field.unique),
        "quick_create": not field.read_only and settings.get("quick_create", field.required),
        "summary": settings.get("summary", name in entity.label),
        "header": settings.get("header", False),
        "display": settings.get("display", "shown"),
    }
