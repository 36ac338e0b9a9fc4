"""A warehouse: a place where stock lies. One is the default, used where none is named."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from contracts.errors import refused
from crmkit import fields as f
from crmkit.entity import Access, Entity
from crmkit.record import Record
from crmkit.unit_of_work import UnitOfWork
from services.inventory.entities import Base


class Warehouse(Record, Base):
    """`is_default` moves to another warehouse by an action of its own; exactly one has it."""

    __tablename__ = "warehouse"
    __table_args__ = (
        Index(
            "uq_warehouse_is_default",
            "is_default",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    name: Mapped[str] = f.text(required=True, unique=True)
    is_default: Mapped[bool] = f.boolean(read_only=True)
    street: Mapped[str | None] = f.text()
    po_box: Mapped[str | None] = f.text(length=60)
    city: Mapped[str | None] = f.text(length=120)
    state: Mapped[str | None] = f.text(length=120)
    code: Mapped[str | None] = f.text(length=30)
    country: Mapped[str | None] = f.text(length=120)
    description: Mapped[str | None] = f.long_text()
    search: Mapped[Any] = f.search("number", "name", "city")


def keep_the_default(uow: UnitOfWork, warehouse: Warehouse) -> None:
    """Stock without a named place must lie somewhere. Raises Problem 409 `default_warehouse`."""
    del uow
    if warehouse.is_default:
        detail = "This is the default warehouse; make another one the default first."
        raise refused("default_warehouse", detail)


WAREHOUSE = Entity(
    model=Warehouse,
    name="warehouse",
    plural="warehouses",
    title="Warehouse",
    label=("name",),
    access=Access.ADMIN_WRITES,
    prefix="WH",
    verbs=frozenset({"make_default"}),
    facts=frozenset({"made_default"}),
    closed=frozenset({"merge"}),
    on_delete=(keep_the_default,),
)
