"""The one way in which anything here is changed: a row, and the version that everybody compares."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, text

from crmkit.entity import Entity
from crmkit.records.rendering import to_json
from crmkit.unit_of_work import UnitOfWork

_COUNT_UP = text(
    "INSERT INTO tailoring_version (version) VALUES (1) "
    "ON CONFLICT (single) DO UPDATE SET version = tailoring_version.version + 1"
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


def begin(uow: UnitOfWork) -> None:
    """Before the first change of a transaction: administrators take turns from here on.

    Everybody sees the change within half a second of the commit, this process at once.
    """
    uow.session.execute(_COUNT_UP)
    event.listen(uow.session, "after_commit", lambda _: uow.on_reshape(), once=True)


def set_of_field(uow: UnitOfWork, entity: Entity, name: str, settings: Mapping[str, Any]) -> None:
    """Set these of a field's settings, None to have it as declared; `begin` came before."""
    given = {"entity": entity.name, "name": name, "settings": to_json(settings).decode()}
    uow.session.execute(_SET_OF_FIELD, given)


def set_of_entity(uow: UnitOfWork, entity: Entity, name: str, value: Any) -> None:
    """Set one setting of the entity as a whole; `begin` came before."""
    given = {"entity": entity.name, "name": name, "value": to_json(value).decode()}
    uow.session.execute(_SET_OF_ENTITY, given)
