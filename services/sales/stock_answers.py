"""What the warehouse answers to a shipment: all of it left, or nothing did."""

from collections.abc import Sequence

from contracts.events import inventory
from contracts.events.base import Event
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.unit_of_work import UnitOfWork
from services.sales.actions.cancel_shipment import give_back
from services.sales.entities.sales_order import (
    SALES_ORDER,
    SalesOrder,
    status_follows_what_has_shipped,
)
from services.sales.entities.shipment import SHIPMENT, Shipment


def apply_stock_answers(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Post the shipments or mark them short, and count that on the lines of their orders.

    A shipment is answered once, while it is pending: of one cancelled meanwhile, inventory takes
    back what it posted. Orders are locked before shipments, as everywhere.
    """
    orders = store.lock(uow, SALES_ORDER, {event.data["sales_order_id"] for event in events})
    shipments = store.lock(uow, SHIPMENT, {event.subject for event in events})
    for event in events:
        shipment = shipments[event.subject]
        if shipment.status == "pending":
            _answer(uow.because_of(event), event, shipment, orders[shipment.sales_order_id])


def _answer(uow: UnitOfWork, event: Event, shipment: Shipment, order: SalesOrder) -> None:
    order_before = rendering.state(uow.of(SALES_ORDER), order)
    before = rendering.state(uow.of(SHIPMENT), shipment)
    shipment.warehouse_id = event.data["warehouse_id"]
    if event.type == inventory.STOCK_POSTED:
        shipment.status = "posted"
        shipment.shipped_at = shipment.shipped_at or event.time
        lines = {line.id: line for line in order.lines}
        for part in shipment.lines:
            lines[part.order_line_id].shipped_quantity += part.quantity
        status_follows_what_has_shipped(uow, order, order_before)
        fact, order_fact = "posted", "shipped"
    else:
        give_back(order, shipment)
        shipment.status = "short"
        shipment.shortage = event.data["missing"]
        fact, order_fact = "short", "changed"
    store.touch(uow, SALES_ORDER, order, order_before, fact=order_fact)
    store.touch(uow, SHIPMENT, shipment, before, fact=fact)
