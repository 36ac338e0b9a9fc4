"""Related lists: the records that point at one, are linked to it, or belong to what belongs to it.

There is one list for each entity, named by its plural and answered by the service that owns the
listed records, whichever service owns the record they are related to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, func, or_, select

from contracts.errors import FieldError, invalid, not_found
from crmkit.entity import Entity, Linked
from crmkit.fields import Kind
from crmkit.records import access, store
from crmkit.records.reading import query, rendering
from crmkit.records.relations import links, record_links, references
from crmkit.records.relations.links import linked_record
from crmkit.unit_of_work import UnitOfWork
from crmkit.verbs import RECORD_VERBS

_PEOPLE = "user"
"""Whom records belong to; what is theirs is found by a filter."""


@dataclass(frozen=True, slots=True)
class RelatedList:
    """The records of `entity` that are related to records of the entity named `parent`."""

    entity: Entity
    parent: str
    references: tuple[references.Reference, ...]
    linked: Linked | None

    @property
    def add(self) -> str | None:
        """The field that a new record of the list has to hold the other's id in."""
        if not self.entity.allows("create"):
            return None
        settable = (r.name for r in self.references if not r.of_lines and not r.field.read_only)
        return next(settable, None)

    def document(self) -> dict[str, Any]:
        """As clients and the catalogue describe it."""
        return {
            "name": self.entity.plural,
            "entity": self.entity.name,
            "label": self.entity.plural.replace("-", " ").capitalize(),
            "add": self.add,
            "select": self.linked is not None,
            "roles": list(self.linked.roles) if self.linked else [],
        }


class Link(BaseModel):
    """What the one is to the other; only where the list has roles."""

    model_config = ConfigDict(extra="forbid")
    role: str | None = None


class RelatedListShape(BaseModel):
    """A list: `add` is the field to fill in a new record, `select` that links are made by hand.

    `count` is null while the service that answers the list is down.
    """

    name: str
    entity: str
    label: str
    add: str | None
    select: bool
    roles: list[str]
    count: int | None


class RelatedLists(BaseModel):
    """The lists of a record that the caller may look into, in their order."""

    items: list[RelatedListShape]
    unavailable: list[str] = []


class RelatedPage(BaseModel):
    """A part of a list; `linked` of an item tells of a link made by hand."""

    items: list[dict[str, Any]]
    next_cursor: str | None
    count: int | None = None


class Rights(BaseModel):
    """What the caller may do with a record."""

    id: str
    rights: dict[str, bool]


def lists_of(entities: Iterable[Entity], parent: str) -> list[RelatedList]:
    """The lists of records of `parent` among these entities, in their order."""
    found = []
    for entity in entities:
        pointing = tuple(references.to({entity.name: entity}, parent))
        pointing = tuple(r for r in pointing if _may_point(r, parent))
        linked = next((link for link in entity.linked if link.target == parent), None)
        if pointing or linked:
            found.append(RelatedList(entity, parent, pointing, linked))
    return found


def _may_point(reference: references.Reference, parent: str) -> bool:
    declared = reference.field.target_in
    return not declared or parent in reference.entity.fields[declared].choices


def parents_of(entity: Entity) -> set[str]:
    """The names of the entities whose records have a list of this one's."""
    fields = [*entity.own_fields.values(), *entity.line_fields.values()]
    targets = {field.target for field in fields if field.kind is Kind.LINK}
    for field in fields:
        if field.target_in:
            targets |= {str(choice) for choice in entity.fields[field.target_in].choices}
    return (targets | {link.target for link in entity.linked}) - {"", _PEOPLE}


def find(uow: UnitOfWork, parent: str, listed: Entity) -> RelatedList:
    """The list of an entity's records for records of `parent`. Raises Problem 403, 404."""
    access.require(uow.of(listed), uow.caller, "view")
    if parent != _PEOPLE:
        for related in lists_of([uow.seen[listed.name]], parent):
            return related
    raise not_found("There is no such list.")


def clause(uow: UnitOfWork, related: RelatedList, record_id: str) -> ColumnElement[bool]:
    """SQL: the records of the list that belong to this record, or to what rolls up to it."""
    ways = _ways(related, related.parent, [record_id])
    own = uow.entities.get(related.parent)
    if own is None:
        within = select(linked_record.c.record_id).where(linked_record.c.within_id == record_id)
        for child in parents_of(related.entity) - uow.entities.keys():
            ways += _ways(related, child, within.where(linked_record.c.entity == child))
    for dotted in own.rolls_up if own else ():
        name, _, field = dotted.partition(".")
        columns = uow.seen[name].columns
        if field not in columns:
            continue
        table = uow.entities[name].model.__table__
        live = table.c.deleted_at.is_(None)
        theirs = select(columns["id"]).where(columns[field] == record_id, live)
        ways += _ways(related, name, theirs)
    return or_(*ways)


def _ways(related: RelatedList, parent: str, ids: Any) -> list[ColumnElement[bool]]:
    """SQL: how records of the list may be related to one of `ids`, records of `parent`."""
    entity = related.entity
    ways: list[ColumnElement[bool]] = []
    for reference in lists_of([entity], parent)[:1]:
        for way in reference.references:
            if way.of_lines:
                assert entity.line_model is not None
                lines = entity.line_model.__table__.c
                on_lines = select(lines.record_id).where(lines[way.name].in_(ids))
                ways.append(entity.columns["id"].in_(on_lines))
            else:
                held = entity.columns[way.name].in_(ids)
                declared = way.field.target_in
                ways.append(held & (entity.columns[declared] == parent) if declared else held)
        if reference.linked is not None:
            ways.append(entity.columns["id"].in_(record_links.linked_to(entity, ids)))
    return ways


def page(
    uow: UnitOfWork, related: RelatedList, record_id: str, arguments: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """A page of the list, asked as any other list is. Raises Problem 400."""
    request = query.parse(uow, related.entity, arguments)
    answer = query.page(uow, related.entity, request, clause(uow, related, record_id))
    if related.linked is not None and answer["items"]:
        ids = [item["id"] for item in answer["items"]]
        rows = uow.session.execute(record_links.about(related.entity, record_id, ids))
        made = {row.record_id: {"role": row.role, "at": row.at, "by": row.by} for row in rows}
        for item in answer["items"]:
            item["linked"] = made.get(item["id"])
    return answer


def counted(uow: UnitOfWork, parent: str, record_id: str) -> list[dict[str, Any]]:
    """The lists of this service for one record, each with its count, in one statement."""
    entities = [e for e in uow.seen.values() if access.may_ever(e, uow.caller, "view")]
    lists = lists_of(entities, parent)
    if not lists:
        return []
    counts = []
    for related in lists:
        entity = related.entity
        table = entity.model.__table__
        shown = [table.c.deleted_at.is_(None), access.visible(entity, uow.caller)]
        if entity.unlisted:
            shown.append(table.c[entity.unlisted].is_(False))
        within = clause(uow, related, record_id)
        counting = select(func.count()).select_from(table).where(*shown, within)
        counts.append(counting.scalar_subquery())
    found = uow.session.execute(select(*counts)).one()
    return [
        {**related.document(), "count": count} for related, count in zip(lists, found, strict=True)
    ]


def rights(uow: UnitOfWork, entity: Entity, key: str) -> dict[str, Any]:
    """What the caller may do with a record. Raises Problem 404."""
    access.require(entity, uow.caller, "view")
    verbs = [verb for verb in sorted(RECORD_VERBS | entity.verbs) if entity.allows(verb)]
    allowed = (access.visible(entity, uow.caller, verb).label(verb) for verb in verbs)
    table = entity.model.__table__
    found = select(table.c.id, *allowed).where(
        store.named(entity, key), table.c.deleted_at.is_(None), access.visible(entity, uow.caller)
    )
    row = uow.session.execute(found).mappings().one_or_none()
    if row is None:
        raise not_found()
    return {"id": row["id"], "rights": {verb: bool(row[verb]) for verb in verbs}}


def put(
    uow: UnitOfWork,
    related: RelatedList,
    parent_key: str,
    key: str,
    role: str | None,
    *,
    linked: bool,
) -> None:
    """Link a record of the list, or end the link; the records stay. Raises Problem 403, 404, 422.

    One must be allowed to edit the record this service is asked about, and see the other one.
    """
    if related.linked is None:
        raise not_found("Nothing is linked to this list by hand.")
    if role is not None and role not in related.linked.roles:
        known = ", ".join(related.linked.roles)
        detail = f"is one of: {known}" if known else "this list knows no roles"
        raise invalid([FieldError("/role", "unknown_value", detail)])
    own = uow.entities.get(related.parent)
    if own is None:
        edited = store.fetch(uow, related.entity, key, "edit")
        record = rendering.state(related.entity, edited)
        parent_id = parent_key
        if linked:
            links.require(uow, related.parent, parent_id, "/id")
    else:
        parent_id = store.fetch(uow, own, parent_key, "edit").id
        record = store.read(uow, related.entity, key)
    changed = record_links.put(
        uow, (related.entity, record), (related.parent, parent_id), role, linked=linked
    )
    if not changed and not linked:
        raise not_found("The two are not linked.")


def described(entities: Mapping[str, Entity]) -> dict[str, list[dict[str, Any]]]:
    """What the catalogue says of the lists that these entities' service answers, by parent."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entity in entities.values():
        for parent in sorted(parents_of(entity)):
            found.setdefault(parent, []).extend(
                related.document() for related in lists_of([entity], parent)
            )
    return found
