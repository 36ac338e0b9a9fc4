"""The records that cells name: by name, number, another system's key or id, many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.errors import FieldError
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.deduplication import duplicates
from crmkit.records.principals import principal
from crmkit.records.relations import naming
from crmkit.records.relations.links import linked_record
from crmkit.records.store import is_id
from crmkit.records.writing.external_ids import external_id
from crmkit.unit_of_work import UnitOfWork

PEOPLE = "user"
_SHOWN = 3


@dataclass(slots=True)
class Links:
    """What was asked for, and what each text stands for: by (target, by, text), the ids found."""

    wanted: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    found: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def want(self, target: str, by: str, text: str) -> None:
        """Ask for the record that `text` names."""
        self.wanted.setdefault((target, by), set()).add(text)

    def id_of(self, target: str, by: str, text: str, pointer: str) -> str | FieldError:
        """The id of the one record, or why there is none: `pointer` is of the field."""
        ids = self.found.get((target, by, text), [])
        one = target.replace("_", " ")
        shown = text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004 - fits a line
        if not ids:
            return FieldError(pointer, "dangling_link", f"there is no {one} {shown!r}")
        if len(ids) > 1:
            detail = f"{len(ids)} records are called {shown!r}; say which by number"
            return FieldError(pointer, "ambiguous_link", detail)
        return ids[0]


def resolve(uow: UnitOfWork, links: Links) -> None:
    """Find everything that is wanted and that the caller sees."""
    for (target, by), texts in links.wanted.items():
        left = sorted(texts)
        for way in _WAYS if by == "auto" else (by,):
            if not left:
                break
            for text, record_id in _named(uow, target, way, left):
                ids = links.found.setdefault((target, by, text), [])
                if record_id not in ids:
                    ids.append(record_id)
            left = [text for text in left if (target, by, text) not in links.found]
    links.wanted.clear()


_WAYS = ("id", "number", "external", "name")
"""In this order; the first that finds something is right."""


def _named(uow: UnitOfWork, target: str, way: str, texts: Sequence[str]) -> Iterable[Any]:
    if target == PEOPLE:
        return _people(uow, way, texts)
    local = uow.entities.get(target)
    if way == "external":
        return [] if local is None else _external(uow, local, texts)
    if way == "id":
        texts = [text for text in texts if is_id(text)]
        if not texts:
            return []
    if local is None:
        return _elsewhere(uow, target, way, texts)
    return _here(uow, local, way, texts)


def _here(uow: UnitOfWork, entity: Entity, way: str, texts: Sequence[str]) -> Iterable[Any]:
    table = entity.model.__table__
    seen = (table.c.deleted_at.is_(None), access.visible(entity, uow.caller))
    if way == "id":
        ids = {text.lower(): text for text in texts}
        query = select(table.c.id).where(table.c.id.in_(list(ids)), *seen)
        return [(ids[one], one) for one in uow.session.scalars(query)]
    if way == "number":
        query = select(table.c.number, table.c.id).where(table.c.number.in_(texts), *seen)
        return uow.session.execute(query).all()
    given, text = _given(texts)
    if named_by_rule(entity):
        same = duplicates.key([entity.columns[entity.label[0]]]) == duplicates.key([text])
    else:
        same = called(entity) == duplicates.normal(text)
    query = select(text, table.c.id).select_from(given).join(table, same).where(*seen)
    return uow.session.execute(query).all()


def named_by_rule(entity: Entity) -> bool:
    """Whether no two records may be called the same, for which there is an index already."""
    return len(entity.label) == 1 and entity.label in duplicates.enforced(entity)


def called(entity: Entity) -> ColumnElement[str]:
    """SQL: how people call a record, compared without regard to case and spaces."""
    return duplicates.normal(naming.joined(entity.label, entity.columns))


def called_elsewhere() -> ColumnElement[str]:
    """The same for the records of other services."""
    return duplicates.normal(linked_record.c.label)


def _elsewhere(uow: UnitOfWork, target: str, way: str, texts: Sequence[str]) -> Iterable[Any]:
    """Records of other services, by this one's copy of their names."""
    held = linked_record.c
    known = (held.entity == target, held.deleted.is_(False))
    if way == "id":
        ids = {text.lower(): text for text in texts}
        query = select(held.record_id).where(held.record_id.in_(list(ids)), *known)
        return [(ids[one], one) for one in uow.session.scalars(query)]
    if way == "number":
        query = select(held.number, held.record_id).where(held.number.in_(texts), *known)
        return uow.session.execute(query).all()
    given, text = _given(texts)
    same = called_elsewhere() == duplicates.normal(text)
    query = select(text, held.record_id).select_from(given).join(linked_record, same)
    return uow.session.execute(query.where(*known)).all()


def _people(uow: UnitOfWork, way: str, texts: Sequence[str]) -> Iterable[Any]:
    """By username, or the name they are shown by, or their address."""
    held = principal.c
    if way == "id":
        ids = {text.lower(): text for text in texts if is_id(text)}
        query = select(held.user_id).where(held.user_id.in_(list(ids)), held.active)
        return [(ids[one], one) for one in uow.session.scalars(query)] if ids else []
    if way != "name":
        return []
    by_name: dict[str, list[str]] = {}
    for text in texts:
        by_name.setdefault(text.casefold(), []).append(text)
    found: list[tuple[str, str]] = []
    for column in (held.username, held.display_name, held.email):
        query = select(func.lower(column), held.user_id).where(
            func.lower(column).in_(list(by_name)), held.active
        )
        rows = [(name, user_id) for name, user_id in uow.session.execute(query)]
        for name, user_id in rows:
            found += [(text, user_id) for text in by_name[name]]
        for name, _ in rows:
            by_name.pop(name, None)
        if not by_name:
            break
    return found


def _external(uow: UnitOfWork, entity: Entity, texts: Sequence[str]) -> Iterable[Any]:
    """`source:key`, as `PUT /{plural}/external/{source}/{key}` has given it."""
    pairs = {tuple(text.split(":", 1)): text for text in texts if ":" in text}
    if not pairs:
        return []
    table, held = entity.model.__table__, external_id.c
    query = (
        select(held.source, held.key, table.c.id)
        .join(table, table.c.id == held.record_id)
        .where(
            held.entity == entity.name,
            tuple_(held.source, held.key).in_(list(pairs)),
            table.c.deleted_at.is_(None),
            access.visible(entity, uow.caller),
        )
    )
    return [(pairs[source, key], one) for source, key, one in uow.session.execute(query)]


def _given(texts: Sequence[str]) -> tuple[Any, Any]:
    listed = func.unnest(cast(list(texts), ARRAY(Text))).table_valued("text").render_derived()
    return listed, listed.c.text
