"""How a written record tells of itself: its full state, what changed, and the fact's name."""

from collections.abc import Mapping, Sequence
from typing import Any

from crmkit.entity import Access, Entity
from crmkit.facts import RECORD_FACTS
from crmkit.records import auditing
from crmkit.records.reading import rendering
from crmkit.records.writing import line_items
from crmkit.unit_of_work import UnitOfWork

_BOOKKEEPING = frozenset(
    {"id", "version", "created_at", "modified_at", "created_by", "modified_by"}
)
_AUDITED = frozenset({Access.ADMIN_WRITES, Access.ADMIN_ONLY})
"""What only administrators write (users, roles, the organisation) is audited whenever written."""


def tell(
    uow: UnitOfWork,
    entity: Entity,
    fact: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    deleted: bool = False,
    **more: Any,
) -> None:
    """Note history and event of one write; `after` is the state now, `before` {} of a new record.

    `more` is told with it: which records were merged.

    Raises LookupError for a fact that the entity does not declare: partners read the declaration.
    """
    entity = uow.of(entity)
    if fact not in RECORD_FACTS | entity.facts:
        raise LookupError(f"{entity.name} declares no fact {fact!r}")
    names = (*entity.fields, "lines") if entity.line_model is not None else tuple(entity.fields)
    record: dict[str, Any] = {name: after.get(name) for name in names}
    changes: dict[str, Sequence[Any]] = {
        name: (before.get(name), value)
        for name, value in record.items()
        if name not in _BOOKKEEPING and before.get(name) != value
    }
    if "lines" in changes:
        changes["lines"] = line_items.difference(*changes["lines"])
    data = {"record": record, "changes": changes, "deleted": deleted, **more}
    told = rendering.to_json_types(data)
    uow.tell(entity.name, record["id"], fact, record["version"], told)
    if entity.access in _AUDITED:
        _note(uow, entity, fact, record["id"], told["changes"])


def _note(
    uow: UnitOfWork, entity: Entity, fact: str, record_id: str, changes: Mapping[str, Any]
) -> None:
    of_person: dict[bool, dict[str, Any]] = {True: {}, False: {}}
    for name, change in changes.items():
        field = entity.fields.get(name)
        of_person[field is not None and field.personal][name] = change
    auditing.note(
        uow,
        f"{entity.name}.{fact}",
        entity.name,
        record_id,
        details={"changes": of_person[False]},
        personal={"changes": of_person[True]} if of_person[True] else {},
    )


def tell_purged(
    uow: UnitOfWork, entity: Entity, record_id: str, version: int, links: Mapping[str, str | None]
) -> None:
    """Note that nothing of the record is left; of its state, only id and version are told.

    History keeps who purged it, whose it was and below what it lay, which `links` say by field:
    that is who may hear of it by the feed.
    """
    blank: dict[str, Any] = dict.fromkeys(entity.fields)
    if entity.line_model is not None:
        blank["lines"] = []
    record = {**blank, "id": record_id, "version": version}
    changes = {name: [held, None] for name, held in links.items() if held is not None}
    data = {"record": record, "changes": changes, "deleted": True}
    uow.tell(entity.name, record_id, "purged", version, data)


def remark(
    uow: UnitOfWork,
    entity: Entity,
    fact: str,
    record: Mapping[str, Any],
    changes: Mapping[str, Sequence[Any]],
    *,
    deleted: bool = False,
    **more: Any,
) -> None:
    """Note something that hangs on the record and left it as it is, its version too.

    `record` is its state; `changes` what was and is there now; `more` goes into the event alone.
    `deleted` says whether the record lies in the bin.
    """
    known = {name: record.get(name) for name in entity.fields}
    if entity.line_model is not None:
        known["lines"] = record.get("lines")
    data = {"record": known, "changes": changes, "deleted": deleted, **more}
    told = rendering.to_json_types(data)
    uow.tell(entity.name, record["id"], fact, record["version"], told)
