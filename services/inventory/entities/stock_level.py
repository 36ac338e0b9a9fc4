"""How much of a product lies in a warehouse, and how much of that is promised to customers.

Nobody writes a level: it follows the movements and the sales orders. Beside the levels, one row
for each product holds their sums; whoever changes a product's stock locks that row first.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Numeric, Table, UniqueConstraint, Uuid
from sqlalchemy import Computed as Generated
from sqlalchemy.orm import Mapped, mapped_column

from crmkit import fields as f
from crmkit.entity import Access, Computed, Entity
from crmkit.fields import Field, Kind
from crmkit.record import Record
from services.inventory.entities import Base
from services.inventory.entities.purchase_order import on_order


class StockLevel(Record, Base):
    """`available` is on hand less reserved; below zero when more is promised than there is."""

    __tablename__ = "stock_level"
    __table_args__ = (UniqueConstraint("product_id", "warehouse_id"),)

    product_id: Mapped[str] = f.link("product", required=True, read_only=True)
    warehouse_id: Mapped[str] = f.link("warehouse", required=True, read_only=True)
    on_hand: Mapped[Decimal] = f.decimal(required=True, read_only=True)
    reserved: Mapped[Decimal] = f.decimal(required=True, read_only=True)
    available: Mapped[Decimal] = mapped_column(
        Numeric,
        Generated("on_hand - reserved", persisted=True),
        info={"field": Field(Kind.DECIMAL, required=True, read_only=True)},
    )


stock_total = Table(
    "stock_total",
    Base.metadata,
    Column("product_id", Uuid(as_uuid=False), primary_key=True),
    Column("on_hand", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
    Column("low", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)
"""`low` while it has been told that the product fell below its reorder level."""


def _expected_here() -> Any:
    level = StockLevel.__table__
    return on_order(level.c.product_id, level.c.warehouse_id)


STOCK_LEVEL = Entity(
    model=StockLevel,
    name="stock_level",
    plural="stock-levels",
    title="Stock level",
    label=("product_id",),
    access=Access.SHARED,
    closed=frozenset({"create", "edit", "delete"}),
    computed={"on_order": Computed(shape=Decimal, expression=_expected_here)},
)
