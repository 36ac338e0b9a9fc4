"""Erasing a person: personal fields are emptied, and what history and others kept of them goes.

The records themselves stay, so that what points at them still does; who they were is gone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import store
from crmkit.records.privacy import finding, traces
from crmkit.records.privacy.finding import Found, Person
from crmkit.records.reading import rendering
from crmkit.records.writing import telling
from crmkit.unit_of_work import UnitOfWork

_PLACEHOLDER = "Erased"
_NO_ADDRESS = "erased@invalid.invalid"


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes of `count` things: exported, anonymised, erased or kept, and why."""

    entity: str
    action: str
    count: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """Records of one entity with the same fate; `fields` None: those that hold the address."""

    entity: Entity
    ids: Sequence[str]
    action: str
    why: str = ""
    whole: bool = True


def preview(uow: UnitOfWork, person: Person) -> list[Item]:
    """What `erase` would do to records; nothing is changed."""
    return [
        Item(part.entity.name, part.action, len(part.ids), part.why)
        for found in finding.find(uow, person)
        for part in _parts(uow, found)
    ]


def erase(uow: UnitOfWork, person: Person) -> list[Item]:
    """Erase the person from this service; what was done. Repeated, it finds nothing more."""
    items = []
    touched: dict[str, list[str]] = {}
    for found in finding.find(uow, person):
        for part in _parts(uow, found):
            items.append(Item(part.entity.name, part.action, len(part.ids), part.why))
            if part.action == "anonymised":
                _anonymise(uow, part, person)
                if part.whole:
                    touched.setdefault(part.entity.name, []).extend(part.ids)
                else:
                    items += _as_items(traces.of_holders(uow, part.ids, person))
    for name, ids in touched.items():
        items += _as_items(traces.of_records(uow, uow.entities[name], ids))
    own = {name: ids for name, ids in touched.items() if uow.entities[name].person}
    known = {each for ids in (*person.records.values(), *own.values()) for each in ids}
    words = words_of(person.email, known - person.spared)
    return items + _as_items(traces.of_words(uow, words, list(touched)))


def anonymise(uow: UnitOfWork, entity: Entity, record_id: str, words: Sequence[str]) -> None:
    """Empty the personal fields of one record, and forget what was kept of them."""
    nobody = Person(None, None, {})
    _anonymise(uow, _Part(entity, [record_id], "anonymised"), nobody)
    traces.of_records(uow, entity, [record_id])
    traces.of_words(uow, words, [entity.name])


def words_of(email: str | None, ids: Iterable[str]) -> list[str]:
    """What gives a person away in texts: the address, and the ids of the person's records."""
    return [*([email.lower()] if email else ()), *sorted({*ids})]


def _as_items(counts: Mapping[str, int]) -> list[Item]:
    return [Item(what, "erased", count) for what, count in counts.items() if count]


def _parts(uow: UnitOfWork, found: Found) -> Iterator[_Part]:
    entity = found.entity
    if entity.retained:
        kept = sorted({*found.own, *found.about, *found.hold})
        yield _Part(entity, kept, "kept", entity.retained)
        return
    held = _held_back(uow, found)
    for why in sorted({*held.values()}):
        yield _Part(entity, [each for each, reason in held.items() if reason == why], "kept", why)
    whole = [each for each in (*found.own, *found.about) if each not in held]
    if whole:
        yield _Part(entity, whole, "anonymised")
    if found.hold:
        why = "The records are of others; only the address or number was taken out."
        yield _Part(entity, found.hold, "anonymised", why, whole=False)


def _held_back(uow: UnitOfWork, found: Found) -> dict[str, str]:
    if not (found.entity.holds and found.own):
        return {}
    records = store.lock(uow, found.entity, found.own)
    reasons = {
        record_id: next(filter(None, (hold(record) for hold in found.entity.holds)), "")
        for record_id, record in records.items()
    }
    return {record_id: why for record_id, why in reasons.items() if why}


def _anonymise(uow: UnitOfWork, part: _Part, person: Person) -> None:
    entity = part.entity
    personal = finding.personal_fields(entity)
    for record in store.lock(uow, entity, part.ids).values():
        left = {
            name: finding.without(one, entity.get(record, name), person)
            for name, one in personal.items()
        }
        # A letter to nobody else is the person's; one to several only loses the address.
        addressed = [left[name] for name, one in personal.items() if one.kind is Kind.JSON]
        whole = part.whole or (bool(addressed) and not any(addressed))
        for name, one in personal.items():
            if whole or left[name] is None:
                entity.put(record, name, _emptied(one, record.id))
            else:
                entity.put(record, name, left[name])
        record.version += 1
        record.modified_at = uow.at
        record.modified_by = uow.caller.user_id
        uow.session.flush()
        state = rendering.state(entity, record)
        deleted = record.deleted_at is not None
        telling.tell(uow, entity, "erased", before=state, after=state, deleted=deleted)


def _emptied(one: Field, record_id: str) -> Any:
    if one.nullable:
        return None
    if one.default is not None:
        return list(one.default) if isinstance(one.default, tuple) else one.default
    if one.kind is Kind.EMAIL:
        return _NO_ADDRESS
    return f"erased-{record_id}" if one.unique else _PLACEHOLDER
