"""A service's entities as its administrators have shaped them, right to within half a second."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from crmkit.entity import Entity
from crmkit.fields import OF_PERSONS, Field, Kind
from crmkit.records.tailoring.tables import tailoring_version
from crmkit.tailoring import AS_DECLARED, Tailoring

_SECONDS = 0.4
"""With the time a renewal takes, a change is seen everywhere within half a second."""

_VERSION = select(tailoring_version.c.version)

_LOAD = text("""
    SELECT
        coalesce((SELECT version FROM tailoring_version), 0),
        (SELECT jsonb_agg(to_jsonb(f) ORDER BY f.id) FROM custom_field AS f
            WHERE f.deleted_at IS NULL),
        (SELECT jsonb_agg(to_jsonb(s)) FROM field_setting AS s),
        (SELECT jsonb_agg(to_jsonb(e)) FROM entity_setting AS e)
""")
"""One statement, so that all of it is of one moment."""


def key_of(field_id: int) -> str:
    """Where a record's `custom` column keeps the values of this field."""
    return f"f{field_id}"


def field_of(row: Mapping[str, Any]) -> Field:
    """The field that a row of `custom_field` stands for."""
    shape = dict(row["shape"])
    for bound in ("minimum", "maximum"):
        if shape.get(bound) is not None:
            shape[bound] = Decimal(shape[bound])
    shape["choices"] = tuple(shape.get("choices", ()))
    kind = Kind(row["kind"])
    return Field(kind, key=key_of(row["id"]), personal=kind in OF_PERSONS, **shape)


@dataclass
class _Gathered:
    custom: dict[str, Field] = field(default_factory=dict)
    of_fields: dict[str, Any] = field(default_factory=dict)
    of_entity: dict[str, Any] = field(default_factory=dict)


def load(session: Session) -> tuple[int, dict[str, Tailoring]]:
    """The version, and what has been changed of each entity that anything was changed of."""
    version, own, of_fields, of_entities = session.execute(_LOAD).one()
    gathered: dict[str, _Gathered] = {}
    for row in own or ():
        gathered.setdefault(row["entity"], _Gathered()).custom[row["name"]] = field_of(row)
    for row in of_fields or ():
        settings = gathered.setdefault(row["entity"], _Gathered()).of_fields
        settings[row["name"]] = row["settings"]
    for row in of_entities or ():
        gathered.setdefault(row["entity"], _Gathered()).of_entity[row["name"]] = row["value"]
    return version, {
        name: Tailoring(found.custom, found.of_fields, found.of_entity)
        for name, found in gathered.items()
    }


def shaped(session: Session, entities: Mapping[str, Entity]) -> Mapping[str, Entity]:
    """The entities as they are shaped at this moment; for work that comes now and then."""
    _, tailorings = load(session)
    return {
        name: _as(entity, tailorings.get(name, AS_DECLARED)) for name, entity in entities.items()
    }


def _as(entity: Entity, tailoring: Tailoring) -> Entity:
    """The same one as before if it has this shape: what is remembered of it is still true."""
    return entity if entity.tailoring == tailoring else entity.tailored(tailoring)


class Entities(dict[str, Entity]):
    """Entities by name, and the version of all changes that they are shaped by."""

    def __init__(self, entities: Mapping[str, Entity], version: int) -> None:
        super().__init__(entities)
        self.version = version


class Shaped:
    """The same for work that comes all the time: one for each service and process.

    `entities` are those of the last look; `now` looks again when that is too long ago.
    """

    def __init__(self, declared: Mapping[str, Entity]) -> None:
        self.entities = Entities(declared, 0)
        self._version = 0
        self.changes = 0
        self._until = 0.0
        self._seen = 0

    def now(self, session: Session) -> Mapping[str, Entity]:
        """The entities by name."""
        moment = time.monotonic()
        if moment >= self._until or self._seen != self.changes:
            self.renew(session)
        return self.entities

    def newest(self, session: Session) -> Mapping[str, Entity]:
        """The entities by name, for work that must not rest on what was so a moment ago."""
        self.renew(session)
        return self.entities

    def expire(self) -> None:
        """Let nobody take them as they are: this process has just committed a change."""
        self.changes += 1

    def renew(self, session: Session) -> bool:
        """Look whether anything has changed, and if so read it; whether it had."""
        changes = self.changes
        return self.heed(session, session.scalar(_VERSION) or 0, changes)

    def heed(self, session: Session, version: int, changes: int) -> bool:
        """Read what has changed if `version`, looked up after so many `changes`, is a newer one."""
        self._until = time.monotonic() + _SECONDS
        changed = version > self._version
        if changed:
            version, tailorings = load(session)
            self._take(version, tailorings)
        self._seen = changes
        return changed

    def _take(self, version: int, tailorings: Mapping[str, Tailoring]) -> None:
        """Whoever looked first may come last; an entity nobody has touched stays the same one."""
        if version <= self._version:
            return
        self._version = version
        now = {
            name: _as(entity, tailorings.get(name, AS_DECLARED))
            for name, entity in self.entities.items()
        }
        self.entities = Entities(now, version)
