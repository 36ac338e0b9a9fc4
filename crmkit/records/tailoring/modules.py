"""A module as a whole: switched on or off, and what its records are called in each language."""

from typing import Any

from pydantic import BaseModel, ConfigDict, RootModel

from contracts.errors import refused
from crmkit.entity import Entity
from crmkit.records.tailoring import changing
from crmkit.records.tailoring.languages import Language, Words
from crmkit.unit_of_work import UnitOfWork

ACTIVE = "active"
NAMES = "names"


class Module(BaseModel):
    """Switched off, its records are kept and nobody meets them."""

    model_config = ConfigDict(extra="forbid")

    active: bool


class Names(BaseModel):
    """What one record is called, and many."""

    model_config = ConfigDict(extra="forbid")

    one: Words
    many: Words


class NamesByLanguage(RootModel[dict[Language, Names]]):
    """The names of a module in each language."""


def switch(uow: UnitOfWork, entity: Entity, wish: Module) -> Entity:
    """Switch the module on or off. Raises Problem 409 for one that sign-in or others need."""
    if entity.essential and not wish.active:
        raise refused("relied_on", f"Nothing works without {entity.plural.replace('-', ' ')}.")
    begun = changing.begin(uow, entity)
    before = {ACTIVE: begun.entity.tailoring.active}
    begun.set_of_entity(ACTIVE, wish.active)
    return begun.done("module", before, {ACTIVE: wish.active})


def names_of(entity: Entity) -> dict[str, Any]:
    """The names that administrators have given, by language."""
    return dict(entity.tailoring.of_entity.get(NAMES, {}))


def rename(uow: UnitOfWork, entity: Entity, wish: NamesByLanguage) -> Entity:
    """Call the module's records this; no language at all for the names it came with."""
    begun = changing.begin(uow, entity)
    before = begun.entity.tailoring.of_entity.get(NAMES, {})
    after = wish.model_dump()
    begun.set_of_entity(NAMES, after)
    return begun.done("names", before, after)
