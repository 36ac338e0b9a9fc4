"""The one place where stock levels change: under lock, by sums, with a notice when stock is low.

Every transaction that changes stock locks the totals of all its products first, in the order of
their ids, and reads levels and demand only then. So no two wait for each other in a circle, and
what one read cannot have changed when it writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import select, text

from contracts.events.inventory import StockLow
from crmkit.records.reading import rendering
from crmkit.records.writing import telling
from crmkit.unit_of_work import UnitOfWork, new_id
from services.inventory.entities.stock_level import STOCK_LEVEL, StockLevel, stock_total

Place = tuple[str, str]
"""A product id and a warehouse id."""

NONE = Decimal(0)


@dataclass(slots=True)
class Shift:
    """By how much a level changes; negative when stock leaves or a promise is kept."""

    on_hand: Decimal = NONE
    reserved: Decimal = NONE


_ADD_TOTALS = text("""
    INSERT INTO stock_total (product_id, on_hand, reserved, low, version)
    SELECT id, 0, 0, false, 0 FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
    ON CONFLICT DO NOTHING
""")

# Both in one statement: what it changes has been locked by one before it.
# A product is low once its stock falls below the reorder level, until it is no longer below.
# Stock that comes in is never a reason to tell so, even if it is still too little.
_CHANGE = text("""
    WITH shift AS (
        SELECT * FROM jsonb_to_recordset(CAST(:shifts AS jsonb)) AS row(
            id uuid, product_id uuid, warehouse_id uuid, on_hand numeric, reserved numeric)
    ), level AS (
        INSERT INTO stock_level AS level
            (id, version, created_at, modified_at, created_by, modified_by, source,
             product_id, warehouse_id, on_hand, reserved)
        SELECT id, 1, :at, :at, :by, :by, 'CRM', product_id, warehouse_id, on_hand, reserved
        FROM shift
        ON CONFLICT (product_id, warehouse_id) DO UPDATE SET
            version = level.version + 1,
            modified_at = excluded.modified_at,
            modified_by = excluded.modified_by,
            on_hand = trim_scale(level.on_hand + excluded.on_hand),
            reserved = trim_scale(level.reserved + excluded.reserved)
        RETURNING *
    ), after AS (
        SELECT product_id,
            total.low AS was_low,
            trim_scale(total.on_hand + shift.on_hand) AS on_hand,
            trim_scale(total.reserved + shift.reserved) AS reserved,
            total.on_hand + shift.on_hand - total.reserved - shift.reserved AS available,
            shift.on_hand < shift.reserved AS falls,
            product.reorder_level, product.number, product.name, product.owner_id
        FROM (
            SELECT product_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved
            FROM shift GROUP BY product_id
        ) AS shift
        JOIN stock_total AS total USING (product_id)
        LEFT JOIN product ON product.id = product_id AND product.deleted_at IS NULL
    ), total AS (
        UPDATE stock_total AS total SET
            version = total.version + 1,
            on_hand = after.on_hand,
            reserved = after.reserved,
            low = coalesce(
                after.available < after.reorder_level AND (after.was_low OR after.falls), false)
        FROM after
        WHERE total.product_id = after.product_id
        RETURNING total.product_id, total.version, total.low AND NOT after.was_low AS fell_low,
            after.number, after.name, after.owner_id,
            trim_scale(after.available) AS available, after.reorder_level
    )
    SELECT CAST(level.id AS text), level.version, level.created_at, level.modified_at,
        CAST(level.created_by AS text), CAST(level.modified_by AS text), level.source,
        CAST(level.product_id AS text), CAST(level.warehouse_id AS text),
        level.on_hand, level.reserved, level.available,
        total.version AS total_version, total.fell_low, total.number, total.name,
        CAST(total.owner_id AS text) AS owner_id, total.available AS total_available,
        total.reorder_level
    FROM level JOIN total USING (product_id)
""")
_LEVEL = 12
"""So many columns of a row are the level's, the rest its product's total."""


def lock(uow: UnitOfWork, product_ids: Iterable[str]) -> None:
    """Keep everybody else from changing the stock of these products until the transaction ends."""
    ids = sorted(set(product_ids))
    column = stock_total.c.product_id
    query = select(column).where(column.in_(ids)).order_by(column).with_for_update()
    if len(uow.session.scalars(query).all()) == len(ids):
        return
    uow.session.execute(_ADD_TOTALS, {"ids": ids})
    uow.session.execute(query)


def on_hand(uow: UnitOfWork, product_ids: Iterable[str]) -> dict[Place, Decimal]:
    """What lies where, of products locked before; a place without stock may be missing."""
    level = StockLevel.__table__.c
    query = select(level.product_id, level.warehouse_id, level.on_hand).where(
        level.product_id.in_(sorted(set(product_ids)))
    )
    rows = uow.session.execute(query)
    return {(row.product_id, row.warehouse_id): row.on_hand for row in rows}


def change(uow: UnitOfWork, shifts: Mapping[Place, Shift]) -> None:
    """Apply the shifts to levels and totals of products locked before, and tell what became low."""
    effective = {p: s for p, s in shifts.items() if s.on_hand or s.reserved}
    if not effective:
        return
    document = rendering.to_json(
        [
            {
                "id": new_id(),
                "product_id": product_id,
                "warehouse_id": warehouse_id,
                "on_hand": shift.on_hand,
                "reserved": shift.reserved,
            }
            for (product_id, warehouse_id), shift in sorted(effective.items())
        ]
    ).decode()
    parameters = {"shifts": document, "at": uow.at, "by": uow.caller.user_id}
    rows = [row._asdict() for row in uow.session.execute(_CHANGE, parameters)]
    for row in rows:
        level = dict(islice(row.items(), _LEVEL))
        _tell_level(uow, level, effective[row["product_id"], row["warehouse_id"]])
    for product_id, row in {row["product_id"]: row for row in rows if row["fell_low"]}.items():
        _tell_low(uow, product_id, row)


def _tell_level(uow: UnitOfWork, level: dict[str, Any], shift: Shift) -> None:
    if level["version"] == 1:
        telling.tell(uow, STOCK_LEVEL, "created", before={}, after=level)
        return
    before = {
        **level,
        "on_hand": level["on_hand"] - shift.on_hand,
        "reserved": level["reserved"] - shift.reserved,
        "available": level["available"] - shift.on_hand + shift.reserved,
    }
    telling.tell(uow, STOCK_LEVEL, "changed", before=before, after=level)


def _tell_low(uow: UnitOfWork, product_id: str, total: Mapping[str, Any]) -> None:
    notice = StockLow(
        product_id=product_id,
        number=total["number"],
        name=total["name"],
        owner_id=total["owner_id"],
        available=f"{total['total_available']:f}",
        reorder_level=f"{total['reorder_level']:f}",
    )
    uow.tell("stock", product_id, "low", total["total_version"], rendering.to_json_types(notice))
