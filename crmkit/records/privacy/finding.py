"""Which records of a service are a person, are about one, or merely hold the person's address."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, false, func, or_, select

from crmkit.entity import Entity
from crmkit.fields import Field, Kind
from crmkit.records.deduplication import merged
from crmkit.records.relations import references
from crmkit.unit_of_work import UnitOfWork

USER = "user"
"""The entity of those who sign in."""

_FEWEST_DIGITS = 5
"""Of a telephone number that stands for somebody."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is about: an address, a telephone number, and records known to be the person.

    `records` are ids by entity, of any service; `spared` are ids of records to be left alone.
    """

    email: str | None
    phone: str | None
    records: Mapping[str, Sequence[str]]
    spared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """Records of one entity, in the bin or not: the person's `own`, those `about` the person, and
    those of others that merely `hold` the address or the number.
    """

    entity: Entity
    own: list[str] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    hold: list[str] = field(default_factory=list)


def personal_fields(entity: Entity) -> dict[str, Field]:
    """What of its records tells of a person."""
    return {name: one for name, one in entity.own_fields.items() if one.personal}


def find(uow: UnitOfWork, person: Person) -> list[Found]:
    """Everything this service keeps of the person in records, by entity."""
    found = [_found(uow, entity, person) for entity in uow.entities.values()]
    return [each for each in found if each.own or each.about or each.hold]


def _found(uow: UnitOfWork, entity: Entity, person: Person) -> Found:
    holding = _ids(uow, entity, _holds(entity, person), person)
    if entity.person:
        return Found(entity, own=_whole(uow, entity, person, holding))
    if not (personal_fields(entity) or entity.retained):
        return Found(entity)
    about = sorted({*_linked(uow, entity, person)} - person.spared)
    return Found(entity, about=about, hold=[each for each in holding if each not in about])


def _whole(uow: UnitOfWork, entity: Entity, person: Person, holding: Sequence[str]) -> list[str]:
    """The person's records, and those that were merged into them."""
    table = entity.model.__table__
    known = select(table.c.id).where(table.c.id.in_(person.records.get(entity.name, ())))
    ids = {*holding, *uow.session.scalars(known)} - person.spared
    return sorted(ids | {*uow.session.scalars(merged.gone_into(sorted(ids)))}) if ids else []


def _linked(uow: UnitOfWork, entity: Entity, person: Person) -> Iterator[str]:
    """Records with a link to one of the person's, whichever service has that.

    What a user owns or has handled is about whomever it was done for.
    """
    for target, ids in person.records.items():
        if target == USER:
            continue
        for reference in references.to({entity.name: entity}, target):
            for row in uow.session.execute(reference.found(target, ids)):
                yield row.id


def _ids(uow: UnitOfWork, entity: Entity, which: ColumnElement[bool], person: Person) -> list[str]:
    table = entity.model.__table__
    ids = uow.session.scalars(select(table.c.id).where(which).order_by(table.c.id))
    return [each for each in ids if each not in person.spared]


def _holds(entity: Entity, person: Person) -> ColumnElement[bool]:
    """The clause for records with the person's address or number in a field of such."""
    clauses = [
        clause
        for name, one in personal_fields(entity).items()
        for clause in _same(one, entity.columns[name], person)
    ]
    return or_(*clauses) if clauses else false()


def _same(one: Field, column: Any, person: Person) -> Iterator[ColumnElement[bool]]:
    if person.email and one.kind is Kind.EMAIL:
        yield func.lower(column) == person.email.lower()
    if person.email and one.kind is Kind.TEXT:
        yield func.lower(column) == person.email.lower()
    if person.email and one.kind is Kind.JSON:
        quoted = f'%"{_escaped(person.email.lower())}"%'
        yield func.lower(cast(column, Text)).like(quoted, escape="\\")
    digits = digits_of(person.phone)
    if digits and one.kind is Kind.PHONE:
        yield func.regexp_replace(column, r"\D", "", "g") == digits


def digits_of(phone: str | None) -> str:
    """A number as it is compared; empty for one too short to be anybody's."""
    digits = re.sub(r"\D", "", phone or "")
    return digits if len(digits) >= _FEWEST_DIGITS else ""


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def without(one: Field, value: Any, person: Person) -> Any:
    """The value of a field without the person's address or number; None if nothing is left."""
    if one.kind is Kind.PHONE and value is not None:
        same = digits_of(person.phone) and digits_of(value) == digits_of(person.phone)
        return None if same else value
    address = (person.email or "").lower()
    if isinstance(value, list):
        return [each for each in value if not (address and str(each).lower() == address)]
    return None if address and str(value).lower() == address else value
