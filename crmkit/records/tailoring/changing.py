"""The one way in which an entity's shape is changed: by turns, counted, and told to everybody."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import event, text

from contracts.events.tailoring import TailoringChanged
from crmkit.entity import Entity
from crmkit.records import auditing
from crmkit.records.reading.rendering import to_json, to_json_types
from crmkit.records.tailoring import loading
from crmkit.tailoring import AS_DECLARED
from crmkit.unit_of_work import UnitOfWork

SUBJECT = "tailoring"
RESHAPING = "reshaping"
"""Noted of a session whose own transaction changes the shape of entities."""

_COUNT_UP = text(
    "INSERT INTO tailoring_version (version) VALUES (1) "
    "ON CONFLICT (single) DO UPDATE SET version = tailoring_version.version + 1 "
    "RETURNING version"
)
_SET_OF_FIELD = text(
    "INSERT INTO field_setting AS held (entity, name, settings) "
    "VALUES (:entity, :name, jsonb_strip_nulls(CAST(:settings AS jsonb))) "
    "ON CONFLICT (entity, name) DO UPDATE "
    "SET settings = jsonb_strip_nulls(held.settings || CAST(:settings AS jsonb))"
)
_SET_OF_ENTITY = text(
    "INSERT INTO entity_setting (entity, name, value) "
    "VALUES (:entity, :name, CAST(:value AS jsonb)) "
    "ON CONFLICT (entity, name) DO UPDATE SET value = excluded.value"
)


def id_of(service: str, entity: Entity) -> str:
    """The subject of the events about this entity's shape, always the same."""
    return str(uuid5(NAMESPACE_URL, f"urn:tandem:{service}:{entity.name}"))


@dataclass(frozen=True, slots=True)
class Change:
    """A change under way: `entity` as it is shaped at this moment, when nobody else changes it."""

    uow: UnitOfWork
    entity: Entity
    version: int

    def set_of_field(self, name: str, settings: Mapping[str, Any]) -> None:
        """Set these of a field's settings; None is: as declared."""
        given = {"entity": self.entity.name, "name": name, "settings": to_json(settings).decode()}
        self.uow.session.execute(_SET_OF_FIELD, given)

    def set_of_entity(self, name: str, value: Any) -> None:
        """Set one setting of the entity as a whole."""
        given = {"entity": self.entity.name, "name": name, "value": to_json(value).decode()}
        self.uow.session.execute(_SET_OF_ENTITY, given)

    def done(self, what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Entity:
        """Journal and tell it; the entity as it is shaped now. `what` is the address below meta."""
        _, tailorings = loading.load(self.uow.session)
        tailoring = tailorings.get(self.entity.name, AS_DECLARED)
        old, new = to_json_types(before), to_json_types(after)
        told = TailoringChanged(
            self.entity.name,
            what,
            {
                name: (old.get(name), new.get(name))
                for name in (*old, *(name for name in new if name not in old))
                if old.get(name) != new.get(name)
            },
            to_json_types(
                {
                    "custom": {
                        name: {"kind": one.kind, "choices": one.choices}
                        for name, one in tailoring.custom.items()
                    },
                    "of_fields": tailoring.of_fields,
                    "of_entity": tailoring.of_entity,
                }
            ),
        )
        subject = id_of(self.uow.service, self.entity)
        self.uow.tell(SUBJECT, subject, "changed", self.version, asdict(told))
        audited = {"what": what, "changes": told.changes}
        auditing.note(self.uow, "module.tailored", self.entity.name, details=audited)
        return self.entity.tailored(tailoring)


def begin(uow: UnitOfWork, entity: Entity) -> Change:
    """Begin to change the entity's shape: administrators take turns from here on.

    Everybody sees the change within half a second of the commit, this process at once.
    """
    version: int = uow.session.execute(_COUNT_UP).scalar_one()
    uow.session.info[RESHAPING] = True
    event.listen(uow.session, "after_commit", lambda _: uow.on_reshape(), once=True)
    return again(Change(uow, entity, version))


def again(begun: Change) -> Change:
    """The same change, with the entity as what was changed so far has shaped it."""
    entity = begun.entity
    now = loading.shaped(begun.uow.session, {entity.name: entity})[entity.name]
    return Change(begun.uow, now, begun.version)
