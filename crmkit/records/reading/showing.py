"""Rows of a list as people read them: headings, linked records by their label, local times."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records.reading import paths
from crmkit.records.relations import naming
from crmkit.records.tailoring import describing
from crmkit.unit_of_work import UnitOfWork


def headings(
    uow: UnitOfWork, entity: Entity, names: Iterable[str], languages: Sequence[str]
) -> list[str]:
    """What the columns are called: `Account: City` for `account_id.city`."""
    return [": ".join(_words(uow, entity, name, languages)) for name in names]


def _words(uow: UnitOfWork, entity: Entity, name: str, languages: Sequence[str]) -> list[str]:
    path = paths.find(uow.entities, entity, name)
    if path is None:
        return [describing.label(entity, name, languages)]
    return [
        describing.label(of, step, languages)
        for of, step in zip(path.entities, path.steps, strict=True)
    ]


def helpers(entity: Entity, names: Iterable[str]) -> list[str]:
    """The fields that say what the links among `names` point at, where that differs by record."""
    links = (entity.fields.get(name) for name in names)
    return sorted({field.target_in for field in links if field is not None and field.target_in})


def label_links(
    uow: UnitOfWork, entity: Entity, names: Iterable[str], items: Sequence[dict[str, Any]]
) -> None:
    """Put labels in place of ids, for all items in one statement; nothing for what is not seen.

    The items have the `helpers` too.
    """
    fields = {name: field for name in names if (field := _link(uow, entity, name)) is not None}
    wanted: dict[str, set[str]] = {}
    for item in items:
        for name, field in fields.items():
            if item[name] is not None:
                wanted.setdefault(_target(field, item), set()).add(item[name])
    labels = naming.labels(uow, wanted)
    for item in items:
        shown = {n: labels.get((_target(field, item), item[n])) for n, field in fields.items()}
        item.update(shown)


def _link(uow: UnitOfWork, entity: Entity, name: str) -> Field | None:
    path = paths.find(uow.entities, entity, name)
    if path is None or path.field.kind is not Kind.LINK or (path.links and path.field.target_in):
        return None
    return path.field


def _target(field: Field, item: Mapping[str, Any]) -> str:
    target: str = item[field.target_in] or "" if field.target_in else field.target
    return target


def local(value: Any, time_zone: str) -> Any:
    """An instant as clocks in `time_zone` (an IANA name) show it, with its offset."""
    return value.astimezone(ZoneInfo(time_zone)) if isinstance(value, datetime) else value
