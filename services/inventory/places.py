"""Where stock lies when nobody says where: the default warehouse, which always exists."""

from sqlalchemy import select, text

from contracts.caller import system_caller
from contracts.errors import unavailable
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.records import store
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork
from services.inventory.entities.warehouse import WAREHOUSE, Warehouse

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('inventory/default warehouse', 0))")
_DEFAULT = select(Warehouse.id).where(Warehouse.is_default)
DEFAULT_SQL = "(SELECT CAST(id AS text) FROM warehouse WHERE is_default) AS default_warehouse"
"""The default warehouse's id beside whatever else a statement returns."""


def default_warehouse(uow: UnitOfWork) -> str:
    """The default warehouse's id. Raises Problem 503 before the service has started once."""
    return named_or_default(None, uow.session.scalar(_DEFAULT))


def named_or_default(warehouse_id: str | None, default: str | None) -> str:
    """The warehouse named, or the default one, found before. Raises as `default_warehouse`."""
    found = warehouse_id or default
    if found is None:
        raise unavailable("The default warehouse has not been set up yet.", retry_after=1)
    return found


def choose_default(uow: UnitOfWork) -> None:
    """Nobody else moves the default until the transaction ends; a missing one is made."""
    uow.session.execute(_LOCK)
    if uow.session.scalar(_DEFAULT) is None:
        first = {"name": "Main Warehouse", "is_default": True}
        store.insert(uow, WAREHOUSE, first, source="CRM")


def set_up(database: Database, settings: Settings) -> None:
    """At every start: one transaction, so that a process killed in it has done nothing."""
    del settings
    with journal.unit_of_work(database, system_caller(), {WAREHOUSE.name: WAREHOUSE}) as uow:
        choose_default(uow)
