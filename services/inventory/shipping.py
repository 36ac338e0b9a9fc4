"""What shipments do to stock: each takes all of its lines or nothing, once, whatever is heard when.

A shipment is tried the first time it is heard of, unless that is its cancellation: then the row
that remembers it refuses whatever comes late. A cancellation puts back what the ledger says the
shipment took, which is nothing if it was short.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Table, Uuid, select, text

from contracts.events.base import Event
from contracts.events.inventory import (
    PostedLine,
    ShortLine,
    StockPosted,
    StockReleased,
    StockShort,
)
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.inventory import ledger, levels, places, projections
from services.inventory.entities import Base
from services.inventory.entities.stock_movement import StockMovement
from services.inventory.ledger import Movement
from services.inventory.levels import NONE, Place
from services.inventory.projections import OrderLine

posting = Table(
    "posting",
    Base.metadata,
    Column("shipment_id", Uuid(as_uuid=False), primary_key=True),
    Column("cancelled", Boolean, nullable=False),
)
"""Every shipment heard of; one that is cancelled stays so."""

# Returns only what is new: a shipment never heard of, or one that is now cancelled.
_HEAR = text(f"""
    INSERT INTO posting (shipment_id, cancelled)
    SELECT * FROM jsonb_to_recordset(CAST(:shipments AS jsonb))
        AS told(shipment_id uuid, cancelled boolean)
    ORDER BY shipment_id
    ON CONFLICT (shipment_id) DO UPDATE SET cancelled = true
    WHERE excluded.cancelled AND NOT posting.cancelled
    RETURNING CAST(shipment_id AS text), {places.DEFAULT_SQL}
""")  # noqa: S608 - nothing in it is anybody's input


@dataclass(frozen=True, slots=True)
class _Line:
    id: str
    order_line_id: str | None
    place: Place
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class _Shipment:
    """One shipment of a batch; `lines` are what it wants, or what it gives back."""

    event: Event
    order_id: str | None
    warehouse_id: str
    lines: tuple[_Line, ...]


def apply_shipments(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Take pending shipments out of stock and put cancelled ones back, and answer each."""
    heard = {event.subject: event for event in events if _status(event) == "pending"}
    heard |= {event.subject: event for event in events if _status(event) == "cancelled"}
    if not heard:
        return
    told = [
        {"shipment_id": shipment_id, "cancelled": _status(event) == "cancelled"}
        for shipment_id, event in heard.items()
    ]
    given = {"shipments": rendering.to_json(told).decode()}
    new = {row.shipment_id: row.default_warehouse for row in uow.session.execute(_HEAR, given)}
    fresh = [event for shipment_id, event in heard.items() if shipment_id in new]
    pending = [event for event in fresh if _status(event) == "pending"]
    leaving = [_leaving(event, new[event.subject]) for event in pending]
    returning = _returning(uow, [event for event in fresh if _status(event) == "cancelled"])
    if leaving or returning:
        _settle(uow, leaving, returning)


@dataclass(frozen=True, slots=True)
class _Account:
    """What a batch does to stock: `free` is what is left to its later shipments."""

    free: dict[Place, Decimal]
    movements: list[Movement] = field(default_factory=list)
    posted: dict[str, OrderLine] = field(default_factory=dict)


def _settle(uow: UnitOfWork, leaving: Sequence[_Shipment], returning: Sequence[_Shipment]) -> None:
    products = {line.place[0] for shipment in (*leaving, *returning) for line in shipment.lines}
    levels.lock(uow, products)
    held = levels.on_hand(uow, products)
    account = _Account(dict(held))
    for shipment in returning:
        _move(uow, account, shipment, 1)
        _answer_released(uow, shipment)
    for shipment in leaving:
        missing = _missing(shipment, account.free)
        if missing:
            _answer_short(uow, shipment, missing)
        else:
            _move(uow, account, shipment, -1)
            _answer_posted(uow, shipment)
    ledger.post(uow, account.movements, held, projections.fulfil(uow, account.posted))


def _move(uow: UnitOfWork, account: _Account, shipment: _Shipment, sign: int) -> None:
    """Enter one shipment into the account; `sign` is -1 when it leaves, 1 when it comes back."""
    reason = "shipment" if sign < 0 else "shipment_cancelled"
    cause = uow.because_of(shipment.event)
    for line in shipment.lines:
        quantity = sign * line.quantity
        account.free[line.place] = account.free.get(line.place, NONE) + quantity
        account.movements.append(
            Movement(
                cause,
                line.place,
                quantity,
                reason,
                line.id,
                shipment_id=shipment.event.subject,
            )
        )
        if line.order_line_id is not None:
            counted = account.posted.get(line.order_line_id)
            shipped = (counted.quantity if counted else NONE) - quantity
            account.posted[line.order_line_id] = OrderLine(shipment.order_id, line.place, shipped)


def _missing(shipment: _Shipment, free: dict[Place, Decimal]) -> tuple[ShortLine, ...]:
    """The lines of products of which the warehouse has less than all lines together want."""
    wanted: dict[Place, Decimal] = {}
    for line in shipment.lines:
        wanted[line.place] = wanted.get(line.place, NONE) + line.quantity
    lacking = {place for place, quantity in wanted.items() if free.get(place, NONE) < quantity}
    return tuple(
        ShortLine(
            line.id,
            line.order_line_id,
            line.place[0],
            f"{line.quantity:f}",
            f"{free.get(line.place, NONE):f}",
        )
        for line in shipment.lines
        if line.place in lacking
    )


def _leaving(event: Event, default_warehouse: str | None) -> _Shipment:
    record = event.data["record"]
    warehouse_id = places.named_or_default(record["warehouse_id"], default_warehouse)
    lines = tuple(
        _Line(
            line["id"],
            line["order_line_id"],
            (line["product_id"], warehouse_id),
            Decimal(line["quantity"]).normalize(),
        )
        for line in record["lines"]
    )
    return _Shipment(event, record["sales_order_id"], warehouse_id, lines)


def _returning(uow: UnitOfWork, events: Sequence[Event]) -> list[_Shipment]:
    """Of the cancelled shipments, those that had taken something, with what they took."""
    if not events:
        return []
    query = select(StockMovement.__table__).where(
        StockMovement.shipment_id.in_([event.subject for event in events]),
        StockMovement.reason == "shipment",
    )
    taken: dict[str, list[Any]] = {}
    for row in uow.session.execute(query):
        taken.setdefault(row.shipment_id, []).append(row)
    shipments = []
    for event in events:
        record = event.data["record"]
        order_lines = {line["id"]: line["order_line_id"] for line in record["lines"]}
        lines = tuple(
            _Line(
                row.line_id,
                order_lines.get(row.line_id),
                (row.product_id, row.warehouse_id),
                -row.quantity,
            )
            for row in taken.get(event.subject, ())
        )
        if lines:
            place = lines[0].place
            shipments.append(_Shipment(event, record["sales_order_id"], place[1], lines))
    return shipments


def _status(event: Event) -> str:
    """What the shipment asks for; one in the recycle bin is as good as cancelled."""
    return "cancelled" if event.data["deleted"] else str(event.data["record"]["status"])


def _answer_posted(uow: UnitOfWork, shipment: _Shipment) -> None:
    data = StockPosted(shipment.order_id, shipment.warehouse_id, _told(shipment))
    _answer(uow, shipment, "posted", 1, data)


def _answer_short(uow: UnitOfWork, shipment: _Shipment, missing: tuple[ShortLine, ...]) -> None:
    data = StockShort(shipment.order_id, shipment.warehouse_id, missing)
    _answer(uow, shipment, "short", 1, data)


def _answer_released(uow: UnitOfWork, shipment: _Shipment) -> None:
    data = StockReleased(shipment.order_id, shipment.warehouse_id, _told(shipment))
    _answer(uow, shipment, "released", 2, data)


def _answer(
    uow: UnitOfWork,
    shipment: _Shipment,
    fact: str,
    version: int,
    data: StockPosted | StockShort | StockReleased,
) -> None:
    cause = uow.because_of(shipment.event)
    cause.tell("stock", shipment.event.subject, fact, version, rendering.to_json_types(data))


def _told(shipment: _Shipment) -> tuple[PostedLine, ...]:
    return tuple(
        PostedLine(line.id, line.order_line_id, line.place[0], f"{line.quantity:f}")
        for line in shipment.lines
    )
