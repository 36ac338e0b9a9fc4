"""A product: what the company sells, at what price, and when to buy more of it (spec 1.11)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import ScalarSelect, Text, cast, func, literal, select, update
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, invalid, refused
from crmkit import fields as f
from crmkit.entity import Access, Computed, Entity, Linked, Snapshot
from crmkit.priced import Taxes
from crmkit.record import Owned
from crmkit.records.currencies import currency
from crmkit.records.writing.value_types import URL_PATTERN
from crmkit.unit_of_work import UnitOfWork
from services.inventory.entities import Base
from services.inventory.entities.purchase_order import on_order
from services.inventory.entities.stock_level import StockLevel, stock_total
from services.inventory.entities.vendor import GL_ACCOUNTS

MANUFACTURERS = ("AltvetPet Inc.", "LexPon Inc.", "MetBeat Corp")
CATEGORIES = ("Hardware", "Software", "CRM Applications")
USAGE_UNITS = (
    "Box",
    "Carton",
    "Dozen",
    "Each",
    "Hours",
    "Impressions",
    "Lb",
    "M",
    "Pack",
    "Pages",
    "Pieces",
    "Quantity",
    "Reams",
    "Sheet",
    "Spiral Binder",
    "Sq Ft",
)


class PriceInput(BaseModel):
    """An amount in a currency other than the base currency."""

    model_config = ConfigDict(extra="forbid")
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    amount: Annotated[
        Decimal, Constraint(ge=0, max_digits=19, decimal_places=4, allow_inf_nan=False)
    ]


Prices = Annotated[list[PriceInput], Constraint(max_length=200)]
Address = Annotated[str, StringConstraints(pattern=URL_PATTERN, max_length=2000)]
Images = Annotated[list[Address], Constraint(max_length=20)]


class Stock(BaseModel):
    """Over all warehouses: `available` is on hand less reserved; `on_order` is still to come."""

    on_hand: str
    reserved: str
    available: str
    on_order: str
    reorder_level: str | None


class Product(Owned, Base):
    """`owner_id` is the handler, who is told when stock is low; `unit_price` is in base currency.

    vtiger's qty_in_stock and qty_in_demand are the computed `stock`.
    """

    __tablename__ = "product"

    name: Mapped[str] = f.text(required=True)
    part_number: Mapped[str | None] = f.text(length=100)
    active: Mapped[bool] = f.boolean(default=True)
    manufacturer: Mapped[str | None] = f.picklist(MANUFACTURERS)
    category: Mapped[str | None] = f.picklist(CATEGORIES)
    sales_start: Mapped[date | None] = f.date()
    sales_end: Mapped[date | None] = f.date()
    support_start: Mapped[date | None] = f.date()
    support_expiry: Mapped[date | None] = f.date()
    vendor_id: Mapped[str | None] = f.link("vendor")
    website: Mapped[str | None] = f.url()
    manufacturer_part_number: Mapped[str | None] = f.text(length=100)
    vendor_part_number: Mapped[str | None] = f.text(length=100)
    serial_number: Mapped[str | None] = f.text(length=200)
    product_sheet: Mapped[str | None] = f.text(length=200)
    gl_account: Mapped[str | None] = f.picklist(GL_ACCOUNTS)
    unit_price: Mapped[Decimal | None] = f.money()
    prices: Mapped[list[Any]] = f.json(Prices, default=[])
    purchase_cost: Mapped[Decimal | None] = f.money()
    purchase_costs: Mapped[list[Any]] = f.json(Prices, default=[])
    commission_percent: Mapped[Decimal | None] = f.percent()
    taxes: Mapped[list[Any]] = f.json(Taxes, default=[])
    usage_unit: Mapped[str | None] = f.picklist(USAGE_UNITS)
    quantity_per_unit: Mapped[Decimal | None] = f.decimal(scale=2, minimum=0)
    reorder_level: Mapped[Decimal | None] = f.decimal(minimum=0)
    images: Mapped[list[Any]] = f.json(Images, default=[])
    description: Mapped[str | None] = f.long_text()
    search: Mapped[Any] = f.search(
        "number", "name", "part_number", "serial_number", "vendor_part_number", "description"
    )


def stock() -> ScalarSelect[Any]:
    """SQL: the product's stock over all warehouses; zeroes for one that never moved."""
    product, total = Product.__table__, stock_total
    one = select(literal(1).label("one")).subquery("one")
    on_hand, reserved = func.coalesce(total.c.on_hand, 0), func.coalesce(total.c.reserved, 0)
    figures = {
        "on_hand": on_hand,
        "reserved": reserved,
        "available": on_hand - reserved,
        "on_order": on_order(product.c.id),
        "reorder_level": product.c.reorder_level,
    }
    pairs = [
        part
        for name, figure in figures.items()
        for part in (cast(name, Text), cast(func.trim_scale(figure), Text))
    ]
    return (
        select(func.jsonb_build_object(*pairs))
        .select_from(one.outerjoin(total, total.c.product_id == product.c.id))
        .correlate(product)
        .scalar_subquery()
    )


def prices_are_in_known_currencies(uow: UnitOfWork, product: Product, before: Snapshot) -> None:
    """A price list has each currency once, and only the organisation's. Raises Problem 422."""
    errors = []
    for name in ("prices", "purchase_costs"):
        codes = [price["currency"] for price in getattr(product, name)]
        if not codes or getattr(product, name) == before.get(name):
            continue
        known = set(
            uow.session.scalars(
                select(currency.c.code).where(currency.c.code.in_(codes), currency.c.active)
            )
        )
        for position, code in enumerate(codes):
            pointer = f"/{name}/{position}/currency"
            if code not in known:
                detail = f"{code} is not an active currency of the organisation"
                errors.append(FieldError(pointer, "unknown_currency", detail))
            elif code in codes[:position]:
                errors.append(FieldError(pointer, "duplicate", f"{code} has a price already"))
    if errors:
        raise invalid(errors)


def forget_a_notice_that_no_longer_holds(
    uow: UnitOfWork, product: Product, before: Snapshot
) -> None:
    """With a lower reorder level the stock is not low any more, and may become low again."""
    if not before or product.reorder_level == before["reorder_level"]:
        return
    total = stock_total.c
    enough = total.on_hand - total.reserved >= (product.reorder_level or 0)
    still_low = total.low & ~enough if product.reorder_level is not None else False
    uow.session.execute(
        update(stock_total).where(total.product_id == product.id, total.low).values(low=still_low)
    )


def ends_do_not_precede_starts(product: Product, before: Snapshot) -> Iterator[FieldError]:
    """Sales and support end on the day they start, or later."""
    del before
    for start, end in (("sales_start", "sales_end"), ("support_start", "support_expiry")):
        first, last = getattr(product, start), getattr(product, end)
        if first is not None and last is not None and last < first:
            yield FieldError(f"/{end}", "before_start", f"must not be before {start}")


def stays_while_there_is_stock(uow: UnitOfWork, product: Product) -> None:
    """Refuse to merge away a product that lies, is promised or moved anywhere.

    Its ledger would have to be written anew. Raises Problem 409 `has_stock`.
    """
    level = StockLevel.__table__
    if uow.session.scalar(select(level.c.id).where(level.c.product_id == product.id).limit(1)):
        detail = f"{product.number} has stock or had some; merge the other one into it."
        raise refused("has_stock", detail)


PRODUCT = Entity(
    model=Product,
    name="product",
    plural="products",
    title="Product",
    label=("name",),
    access=Access.SHARED,
    prefix="PRO",
    derive=(prices_are_in_known_currencies, forget_a_notice_that_no_longer_holds),
    rules=(ends_do_not_precede_starts,),
    on_merge=(stays_while_there_is_stock,),
    computed={"stock": Computed(shape=Stock, expression=stock)},
    examples={
        "prices": ([{"currency": "USD", "amount": "9.5"}], []),
        "images": (["https://example.com/product.png"], []),
    },
    linked=(
        Linked("lead"),
        Linked("account"),
        Linked("contact"),
        Linked("opportunity"),
        Linked("vendor"),
    ),
)
