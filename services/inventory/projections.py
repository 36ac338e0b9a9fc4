"""What customers have been promised: the open lines of sales orders, as sales tells them.

Reserved of a product in a warehouse is the sum of its open demand: ordered and not yet posted.
Sales orders say what is ordered, shipments what is posted; either may be heard first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Integer, Numeric, Table, Uuid, delete, select, text

from contracts.events.base import Event
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.inventory import levels, places
from services.inventory.entities import Base
from services.inventory.levels import NONE, Place, Shift

OPEN = frozenset({"Approved", "Partially Shipped"})
"""The statuses in which a sales order holds stock for its customer."""

sales_order_heard = Table(
    "sales_order_heard",
    Base.metadata,
    Column("order_id", Uuid(as_uuid=False), primary_key=True),
    Column("version", Integer, nullable=False),
)

demand = Table(
    "demand",
    Base.metadata,
    Column("order_line_id", Uuid(as_uuid=False), primary_key=True),
    Column("order_id", Uuid(as_uuid=False), index=True),
    Column("product_id", Uuid(as_uuid=False), nullable=False, index=True),
    Column("warehouse_id", Uuid(as_uuid=False), nullable=False),
    Column("ordered", Numeric, nullable=False),
    Column("posted", Numeric, nullable=False),
)
"""One row for each line; `ordered` is zero while its order is not open."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """So much of an order line, in the place that is to give it or has given it."""

    order_id: str | None
    place: Place
    quantity: Decimal


_HEAR = text(f"""
    INSERT INTO sales_order_heard AS heard (order_id, version)
    SELECT * FROM jsonb_to_recordset(CAST(:orders AS jsonb)) AS told(order_id uuid, version int)
    ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET version = excluded.version
    WHERE heard.version < excluded.version
    RETURNING CAST(order_id AS text), {places.DEFAULT_SQL}
""")  # noqa: S608 - nothing in it is anybody's input

_PROMISE = text("""
    INSERT INTO demand (order_line_id, order_id, product_id, warehouse_id, ordered, posted)
    SELECT order_line_id, order_id, product_id, warehouse_id, ordered, 0
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line(order_line_id uuid, order_id uuid,
        product_id uuid, warehouse_id uuid, ordered numeric)
    ORDER BY order_line_id
    ON CONFLICT (order_line_id) DO UPDATE SET
        order_id = excluded.order_id,
        product_id = excluded.product_id,
        warehouse_id = excluded.warehouse_id,
        ordered = excluded.ordered
    RETURNING CAST(order_line_id AS text), posted
""")

_FULFIL = text("""
    INSERT INTO demand (order_line_id, order_id, product_id, warehouse_id, ordered, posted)
    SELECT order_line_id, order_id, product_id, warehouse_id, 0, posted
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line(order_line_id uuid, order_id uuid,
        product_id uuid, warehouse_id uuid, posted numeric)
    ORDER BY order_line_id
    ON CONFLICT (order_line_id) DO UPDATE SET posted = demand.posted + excluded.posted
    RETURNING CAST(order_line_id AS text), CAST(product_id AS text), CAST(warehouse_id AS text),
        ordered, posted
""")


def apply_orders(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Reserve what approved orders ask for, and let go of what they no longer ask for."""
    newest: dict[str, Event] = {}
    for event in events:
        known = newest.get(event.subject)
        if _matters(event) and (known is None or known.version < event.version):
            newest[event.subject] = event
    if not newest:
        return
    versions = [{"order_id": id_, "version": event.version} for id_, event in newest.items()]
    told = uow.session.execute(_HEAR, {"orders": _json(versions)}).all()
    if not told:
        return
    fresh = [newest[row.order_id] for row in told]
    purged = [event.subject for event in fresh if event.type.split(".")[3] == "purged"]
    # Only orders change promises, and these orders are ours until the transaction ends.
    before = _promises(uow, [event.subject for event in fresh])
    after = _wanted(fresh, told[0].default_warehouse)
    for line_id, promise in before.items():
        after.setdefault(line_id, OrderLine(promise.order_id, promise.place, NONE))
    changed = {
        line_id: promise
        for line_id, promise in after.items()
        if promise != before.get(line_id, OrderLine(promise.order_id, promise.place, NONE))
    }
    if changed:
        _promise(uow, before, changed)
    if purged:
        uow.session.execute(delete(demand).where(demand.c.order_id.in_(purged)))


def _promise(
    uow: UnitOfWork, before: Mapping[str, OrderLine], changed: Mapping[str, OrderLine]
) -> None:
    touched = [*changed.values(), *(before[line] for line in changed if line in before)]
    levels.lock(uow, (promise.place[0] for promise in touched))
    lines = [
        {
            "order_line_id": line_id,
            "order_id": promise.order_id,
            "product_id": promise.place[0],
            "warehouse_id": promise.place[1],
            "ordered": promise.quantity,
        }
        for line_id, promise in changed.items()
    ]
    shifts: dict[Place, Shift] = {}
    for row in uow.session.execute(_PROMISE, {"lines": _json(lines)}):
        new, old = changed[row.order_line_id], before.get(row.order_line_id)
        shifts.setdefault(new.place, Shift()).reserved += open_demand(new.quantity, row.posted)
        if old is not None:
            shifts.setdefault(old.place, Shift()).reserved -= open_demand(old.quantity, row.posted)
    levels.change(uow, shifts)


def fulfil(uow: UnitOfWork, posted: Mapping[str, OrderLine]) -> Iterator[tuple[Place, Decimal]]:
    """Count what has been shipped of each order line; negative quantities have come back.

    Yields by how much the reserved quantity changes where. The products must have been locked.
    """
    lines = [
        {
            "order_line_id": line_id,
            "order_id": shipped.order_id,
            "product_id": shipped.place[0],
            "warehouse_id": shipped.place[1],
            "posted": shipped.quantity,
        }
        for line_id, shipped in posted.items()
    ]
    if not lines:
        return
    for row in uow.session.execute(_FULFIL, {"lines": _json(lines)}):
        before = row.posted - posted[row.order_line_id].quantity
        difference = open_demand(row.ordered, row.posted) - open_demand(row.ordered, before)
        yield (row.product_id, row.warehouse_id), difference


def open_demand(ordered: Decimal, posted: Decimal) -> Decimal:
    """What is still to be shipped: ordered - posted, never below zero."""
    return max(ordered - posted, NONE)


def _matters(event: Event) -> bool:
    """Most writes of an order change nothing that stock depends on, and cost nothing here."""
    changes = event.data["changes"]
    if event.version == 1:
        return _is_open(event)
    if event.data["deleted"] or not changes or "status" in changes or "warehouse_id" in changes:
        return True
    old, new = changes.get("lines", ((), ()))
    return _asked(old) != _asked(new)


def _asked(lines: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    return {(line["id"], line["product_id"], line["quantity"]) for line in lines}


def _is_open(event: Event) -> bool:
    return not event.data["deleted"] and event.data["record"]["status"] in OPEN


def _promises(uow: UnitOfWork, order_ids: Sequence[str]) -> dict[str, OrderLine]:
    rows = uow.session.execute(select(demand).where(demand.c.order_id.in_(order_ids)))
    return {
        row.order_line_id: OrderLine(row.order_id, (row.product_id, row.warehouse_id), row.ordered)
        for row in rows
    }


def _wanted(events: Sequence[Event], default_warehouse: str | None) -> dict[str, OrderLine]:
    wanted: dict[str, OrderLine] = {}
    for event in filter(_is_open, events):
        record = event.data["record"]
        warehouse_id = places.named_or_default(record.get("warehouse_id"), default_warehouse)
        for line in record["lines"]:
            place = (line["product_id"], warehouse_id)
            quantity = Decimal(line["quantity"]).normalize()
            wanted[line["id"]] = OrderLine(event.subject, place, quantity)
    return wanted


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return rendering.to_json(rows).decode()
