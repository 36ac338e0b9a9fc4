"""What the routes of every behaviour start with: the entity whose records are asked about."""

from collections.abc import Sequence
from typing import ClassVar

from contracts.errors import not_found
from crmkit.doors.extensions import ContextProvider
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.records.background.jobs import Work
from crmkit.unit_of_work import UnitOfWork


class Behaviour:
    """Base of the mixins that make up RecordService; `works` are its kinds of jobs."""

    works: ClassVar[Sequence[Work]] = ()

    context = ContextProvider()

    def _entity(self, plural: str) -> Entity:
        """The entity at this address. Raises Problem 404."""
        entity: Entity | None = self.context.entity_of(plural)
        if entity is None:
            raise not_found("There is nothing at this address.")
        return entity

    def _described(self, uow: UnitOfWork, name: str) -> Entity:
        """The entity of this name. Raises Problem 404."""
        entity: Entity | None = uow.entities.get(name)
        if entity is None:
            raise not_found(f"There is no entity {name!r} here.")
        return entity

    def _shaped_by(self, uow: UnitOfWork, name: str) -> Entity:
        """The same for an administrator who shapes it. Raises Problem 403, 404."""
        entity = self._described(uow, name)
        access.require_administrator(uow.caller, "shape modules")
        return entity
