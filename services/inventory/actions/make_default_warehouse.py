"""Makes a warehouse the default, in place of the one that was."""

from sqlalchemy import select

from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.inventory import places
from services.inventory.entities.warehouse import WAREHOUSE, Warehouse


def make_default(uow: UnitOfWork, warehouse: Warehouse) -> Warehouse:
    """Documents written from now on that name no warehouse mean this one."""
    places.choose_default(uow)
    former = uow.session.scalars(
        select(Warehouse).where(Warehouse.is_default).with_for_update()
    ).one()
    if former.id != warehouse.id:
        store.update(uow, WAREHOUSE, former, {"is_default": False})
        uow.session.flush()  # at no moment two of them, whichever has the smaller id
        store.update(uow, WAREHOUSE, warehouse, {"is_default": True}, fact="made_default")
    return warehouse
