"""Erasing a person: personal fields are emptied, and what history and others kept of them goes.

The records themselves stay, so that what points at them still does; who they were is gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records import principals, store
from crmkit.records.privacy import beside, finding, imported, traces
from crmkit.records.privacy.finding import Found, Person, digits_of
from crmkit.records.privacy.recognising import PLACEHOLDER, Words
from crmkit.records.reading import rendering
from crmkit.records.writing import telling
from crmkit.unit_of_work import UnitOfWork

ANONYMISED, KEPT = "anonymised", "kept"
"""What becomes of records."""

_NO_ADDRESS = "erased@invalid.invalid"


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes of `count` things, or of these fields of theirs: exported, anonymised, erased or
    kept, and why.
    """

    entity: str
    action: str
    count: int
    why: str = ""
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """Records of one entity whose personal `fields` have the same fate.

    Of those that are not the person's `whole` only the address or the number is taken out.
    """

    entity: Entity
    ids: Sequence[str]
    action: str
    fields: Mapping[str, Field]
    why: str = ""
    whole: bool = True


def preview(uow: UnitOfWork, person: Person) -> tuple[list[tuple[str, str]], list[Item]]:
    """The person's own records, by entity and id, but for those held back, by which nobody else
    need look; and what `erase` would do to records. Nothing is changed.
    """
    people: list[tuple[str, str]] = []
    items: list[Item] = []
    for found in finding.find(uow, person):
        parts = list(_parts(uow, found))
        for part in parts:
            items += _items(uow, part)
        going = {each for part in parts if part.action == ANONYMISED for each in part.ids}
        people += [(found.entity.name, each) for each in found.own if each in going]
    return people, items


def erase(uow: UnitOfWork, person: Person) -> list[Item]:
    """Erase the person from this service; what was done. Repeated, it finds nothing more."""
    imported.hold(uow)
    items: list[Item] = []
    ids = {each for some in person.records.values() for each in some}
    touched: set[str] = set()
    found_in: list[str] = []
    for found in finding.find(uow, person):
        found_in.append(found.entity.name)
        for part in _parts(uow, found):
            items += _items(uow, part)
            if part.action != ANONYMISED:
                continue
            _anonymise(uow, part, person)
            if part.whole:
                items += _as_items(traces.of_records(uow, part.entity, part.ids, [*part.fields]))
                beside.forget(uow, part.entity, part.ids)
                touched.update(part.ids)
                ids.update(part.ids if part.entity.person else ())
            else:
                items += _as_items(traces.of_holders(uow, part.ids, _words(person)))
    ids -= person.spared | principals.active(uow.session, ids)
    words = _words(person, sorted(ids))
    items += _as_items(imported.forget(uow, words, touched))
    items += _as_items(traces.of_words(uow, words, found_in))
    acts = traces.acts_of(uow, words.ids)
    return [*items, Item("audit", KEPT, acts, traces.ACTS_ARE_KEPT)] if acts else items


def anonymise(uow: UnitOfWork, entity: Entity, record_id: str, words: Words) -> None:
    """Empty the personal fields of one record, and forget what was kept of them."""
    fields = finding.personal_fields(entity)
    _anonymise(uow, _Part(entity, [record_id], ANONYMISED, fields), Person(None, None, {}))
    traces.of_records(uow, entity, [record_id], [*fields])
    traces.of_words(uow, words, [entity.name])


def _words(person: Person, ids: Sequence[str] = ()) -> Words:
    return Words(person.email or "", digits_of(person.phone), ids)


def _items(uow: UnitOfWork, part: _Part) -> list[Item]:
    of_all = len(part.fields) == len(finding.personal_fields(part.entity))
    fields = () if of_all else sorted(part.fields)
    item = Item(part.entity.name, part.action, len(part.ids), part.why, fields)
    if not part.whole:
        return [item]
    rows = beside.count(uow, part.entity, part.ids)
    action = KEPT if part.action == KEPT else "erased"
    return [item, *(Item(table, action, n, part.why) for table, n in rows.items() if n)]


def _as_items(counts: Mapping[str, int]) -> list[Item]:
    return [Item(what, "erased", count) for what, count in counts.items() if count]


def _parts(uow: UnitOfWork, found: Found) -> Iterator[_Part]:
    entity, fields = found.entity, finding.personal_fields(found.entity)
    for why in dict.fromkeys(entity.retained.values()):
        some = {name: one for name, one in fields.items() if entity.retained.get(name) == why}
        yield _Part(entity, sorted({*found.own, *found.about, *found.hold}), KEPT, some, why)
    fields = {name: one for name, one in fields.items() if name not in entity.retained}
    held = _held_back(uow, found)
    for why in sorted({*held.values()}):
        some_ids = [each for each, reason in held.items() if reason == why]
        yield _Part(entity, some_ids, KEPT, fields, why)
    whole = [each for each in (*found.own, *found.about) if each not in held]
    if whole and fields:
        yield _Part(entity, whole, ANONYMISED, fields)
    if found.hold and fields:
        why = "The records are of others; only the address or number was taken out."
        yield _Part(entity, found.hold, ANONYMISED, fields, why, whole=False)


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
    for record in store.lock(uow, entity, part.ids).values():
        left = {
            name: finding.without(one, entity.get(record, name), person)
            for name, one in part.fields.items()
        }
        # A letter to nobody else is the person's; one to several only loses the address.
        addressed = [left[name] for name, one in part.fields.items() if one.kind is Kind.JSON]
        whole = part.whole or (bool(addressed) and not any(addressed))
        for name, one in part.fields.items():
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
    return f"erased-{record_id}" if one.unique else PLACEHOLDER
