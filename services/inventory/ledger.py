"""What documents move: their movements and the levels change in one breath, so that sums agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crmkit.records.writing import bulk
from crmkit.unit_of_work import UnitOfWork
from services.inventory import levels
from services.inventory.entities.stock_movement import STOCK_MOVEMENT
from services.inventory.levels import NONE, Place, Shift


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement to post, in the name of `uow`; fields as those of the entity."""

    uow: UnitOfWork
    place: Place
    quantity: Decimal
    reason: str
    line_id: str
    shipment_id: str | None = None
    purchase_order_id: str | None = None


def post(
    uow: UnitOfWork,
    movements: Sequence[Movement],
    held: Mapping[Place, Decimal],
    reserved: Iterable[tuple[Place, Decimal]] = (),
) -> None:
    """Write the movements, and change the levels by them and by `reserved`.

    `held` is what `levels.on_hand` said of the locked products.
    """
    balances = dict(held)
    shifts: dict[Place, Shift] = {}
    rows = []
    for movement in movements:
        product_id, warehouse_id = movement.place
        balances[movement.place] = balances.get(movement.place, NONE) + movement.quantity
        shifts.setdefault(movement.place, Shift()).on_hand += movement.quantity
        values = {
            "product_id": product_id,
            "warehouse_id": warehouse_id,
            "quantity": movement.quantity,
            "reason": movement.reason,
            "balance": balances[movement.place],
            "shipment_id": movement.shipment_id,
            "purchase_order_id": movement.purchase_order_id,
            "line_id": movement.line_id,
        }
        rows.append((movement.uow, values))
    for place, quantity in reserved:
        shifts.setdefault(place, Shift()).reserved += quantity
    bulk.insert(STOCK_MOVEMENT, rows)
    levels.change(uow, shifts)
