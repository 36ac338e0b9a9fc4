"""What points at a record: held against its deletion, moved by it or by a merge, and put back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    literal,
    or_,
    select,
    union_all,
)

from contracts.errors import refused
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.fields import Field, Kind, WhenDeleted
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork

moved_reference = Table(
    "moved_reference",
    KIT,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("target_id", Uuid(as_uuid=False), nullable=False),
    Column("moved_to", Uuid(as_uuid=False), comment="null: emptied"),
    Column("entity", Text, nullable=False),
    Column("record_id", Uuid(as_uuid=False), nullable=False),
    Column("line_id", Uuid(as_uuid=False)),
    Column("field", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_moved_reference_target_id", "target_id", "seq"),
    Index("ix_moved_reference_record_id", "record_id"),
)
"""References that pointed at `target_id` until it was deleted or merged."""

MOST_AT_ONCE = 500
"""How many records one transaction repoints."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link field of records of `entity`, or of their lines."""

    entity: Entity
    name: str
    field: Field
    of_lines: bool

    def found(self, target: str, ids: Collection[str], *, live: bool = False) -> Select[Any]:
        """What of this entity points at one of `ids`: its name, the record's id, the one held."""
        table = self.entity.model.__table__
        columns: Mapping[str, Any] = self.entity.columns
        if self.of_lines:
            assert self.entity.line_model is not None
            columns = self.entity.line_model.__table__.c
        name = literal(self.entity.name).label("entity")
        held = columns[self.name]
        query = select(name, table.c.id.label("id"), held.label("held")).where(held.in_(ids))
        if self.of_lines:
            query = query.where(columns["record_id"] == table.c.id)
        if self.field.target_in:
            query = query.where(columns[self.field.target_in] == target)
        return query.where(table.c.deleted_at.is_(None)) if live else query

    def value(self, target: str, place: Any) -> str | None:
        """What this field of a loaded record or line points at, if that is a `target`."""
        declared = self.field.target_in
        if declared and getattr(place, declared) != target:
            return None
        read = getattr if self.of_lines else self.entity.get
        held: str | None = read(place, self.name)
        return held

    def point(self, place: Any, record_id: str | None) -> None:
        """Set this field of a loaded record or line."""
        write = setattr if self.of_lines else self.entity.put
        write(place, self.name, record_id)


def to(entities: Mapping[str, Entity], target: str) -> list[Reference]:
    """Every link field of these entities that points at records of `target`."""
    return [
        Reference(entity, name, field, of_lines)
        for entity in entities.values()
        for fields, of_lines in ((entity.own_fields, False), (entity.line_fields, True))
        for name, field in fields.items()
        if field.kind is Kind.LINK and (field.target == target or field.target_in)
    ]


def self_links(entity: Entity) -> list[str]:
    """The fields by which its records form a tree."""
    return [r.name for r in to({entity.name: entity}, entity.name) if not r.field.target_in]


def within(uow: UnitOfWork, target: str, *policies: WhenDeleted) -> list[Reference]:
    """Those of this service that ask for one of `policies` when their target is deleted."""
    return [r for r in to(uow.entities, target) if r.field.when_deleted in policies]


def refuse_if_held(
    uow: UnitOfWork, target: str, record_id: str, references: Sequence[Reference]
) -> None:
    """Raise Problem 409 `record_in_use` that names who points at the record.

    Records in the bin do not count.
    """
    if not references:
        return
    each = (r.found(target, [record_id], live=True).limit(1).subquery() for r in references)
    found = union_all(*(select(one.c.entity) for one in each))
    users = sorted(set(uow.session.scalars(found)))
    if users:
        names = ", ".join(name.replace("_", " ") for name in users)
        detail = f"Other records still point at this one: {names}."
        raise refused("record_in_use", detail, used_by=users)


def held(
    uow: UnitOfWork, target: str, ids: Collection[str], references: Sequence[Reference]
) -> set[str]:
    """Those of `ids` that something points at, be it in the bin itself."""
    if not references or not ids:
        return set()
    found = union_all(*(r.found(target, ids) for r in references)).subquery()
    return set(uow.session.scalars(select(found.c.held).distinct()))


def move(
    uow: UnitOfWork,
    target: str,
    moves: Mapping[str, str | None],
    references: Sequence[Reference],
    *,
    remember: bool = True,
) -> int:
    """Let what points at a key of `moves` point at its value, up to `MOST_AT_ONCE` of it.

    Returns how many were moved: as many as that, and there may be more. Nothing else of the
    records changes: no rule is asked and no total computed anew.
    """
    if not references or not moves:
        return 0
    each = (r.found(target, list(moves)).limit(MOST_AT_ONCE).subquery() for r in references)
    found = union_all(*(select(one.c.entity, one.c.id) for one in each)).limit(MOST_AT_ONCE)
    rows = [tuple(row) for row in uow.session.execute(found)]
    memory: list[dict[str, Any]] = []
    for name, pairs in groupby(sorted(set(rows)), key=lambda row: row[0]):
        entity = uow.entities[name]
        own = [r for r in references if r.entity.name == name]
        for record in store.lock(uow, entity, [record_id for _, record_id in pairs]).values():
            before = rendering.state(entity, record)
            for reference, place in _places(own, record):
                old = reference.value(target, place)
                if old is not None and old in moves:
                    # Nothing is its own parent: what pointed at its loser points at nothing.
                    new = None if moves[old] == record.id else moves[old]
                    reference.point(place, new)
                    line_id = place.id if reference.of_lines else None
                    memory.append(
                        {
                            "target_id": old,
                            "moved_to": new,
                            "entity": name,
                            "record_id": record.id,
                            "line_id": line_id,
                            "field": reference.name,
                            "at": uow.at,
                        }
                    )
            store.touch(uow, entity, record, before)
    if remember and memory:
        uow.session.execute(insert(moved_reference), memory)
    return len(rows)


def remembered(uow: UnitOfWork, ids: Collection[str]) -> set[str]:
    """Those of `ids` that something pointed at until `move`, of whatever entity they are."""
    if not ids:
        return set()
    known = moved_reference.c.target_id
    return set(uow.session.scalars(select(known).where(known.in_(ids)).distinct()))


def put_back(uow: UnitOfWork, target: str, olds: Collection[str]) -> int:
    """Undo `move` for what nobody has pointed elsewhere since, up to `MOST_AT_ONCE` of it.

    Returns how many were remembered: as many as that, and there may be more.
    """
    rows = uow.session.execute(
        select(moved_reference)
        .where(moved_reference.c.target_id.in_(olds))
        .order_by(moved_reference.c.seq)
        .limit(MOST_AT_ONCE)
    ).all()
    known = {(r.entity.name, r.name): r for r in to(uow.entities, target)}
    for name, of_entity in groupby(sorted(rows, key=_by_record), key=lambda row: row.entity):
        entity = uow.entities.get(name)
        if entity is None:
            continue
        remembered = {k: list(of) for k, of in groupby(of_entity, key=lambda row: row.record_id)}
        for record_id, record in store.lock(uow, entity, remembered).items():
            before = rendering.state(entity, record)
            for row in remembered[record_id]:
                reference, place = known.get((name, row.field)), _place(record, row.line_id)
                if reference is None or place is None:
                    continue
                if reference.value(target, place) == row.moved_to:
                    reference.point(place, row.target_id)
            store.touch(uow, entity, record, before)
    if rows:
        seen = moved_reference.c.seq.in_([row.seq for row in rows])
        uow.session.execute(delete(moved_reference).where(seen))
    return len(rows)


def forget(uow: UnitOfWork, _entity: Entity | None, record_ids: Sequence[str]) -> None:
    """Remember nothing of these records any more, neither as targets nor as who pointed."""
    columns = moved_reference.c
    ours = or_(columns.target_id.in_(record_ids), columns.record_id.in_(record_ids))
    uow.session.execute(delete(moved_reference).where(ours))


def _places(references: Iterable[Reference], record: Any) -> Iterable[tuple[Reference, Any]]:
    for reference in references:
        for place in record.lines if reference.of_lines else (record,):
            yield reference, place


def _place(record: Any, line_id: str | None) -> Any:
    if line_id is None:
        return record
    return next((line for line in record.lines if line.id == line_id), None)


def _by_record(row: Any) -> tuple[str, str]:
    return row.entity, row.record_id
