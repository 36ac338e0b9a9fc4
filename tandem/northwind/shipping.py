"""Waits for inventory's word on shipments: it comes as events, some moments after the call."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tandem.client import Client

_ORDERS_AT_ONCE = 40
_PAUSE = 0.5
_STANDSTILL = 120.0


@dataclass(frozen=True, slots=True)
class Awaited:
    """An order all of whose goods are on their way; `outcome` is what counts once posted."""

    order_id: str
    row: int
    outcome: str


def await_posting(
    client: Client, awaited: Sequence[Awaited], *, standstill: float = _STANDSTILL
) -> Iterator[tuple[Awaited, str]]:
    """Each order as its newest shipment is settled, with a complaint, empty when it is posted.

    When nothing moves for `standstill` seconds the rest is given back as not answered.
    """
    waiting = {item.order_id: item for item in awaited}
    deadline = time.monotonic() + standstill
    while waiting:
        settled = _settled(client, list(waiting))
        for order_id, complaint in settled.items():
            yield waiting.pop(order_id), complaint
        if settled:
            deadline = time.monotonic() + standstill
        elif time.monotonic() > deadline:
            for item in waiting.values():
                yield item, f"inventory has not answered for {standstill:.0f} s"
            return
        if waiting:
            time.sleep(_PAUSE)


def _settled(client: Client, order_ids: Sequence[str]) -> dict[str, str]:
    complaints: dict[str, str] = {}
    for start in range(0, len(order_ids), _ORDERS_AT_ONCE):
        chosen = ",".join(order_ids[start : start + _ORDERS_AT_ONCE])
        newest: dict[str, str] = {}
        # The newest come first in a list.
        for shipment in client.each("shipments", **{"filter[sales_order_id]": chosen}):
            newest.setdefault(shipment["sales_order_id"], shipment["status"])
        for order_id, status in newest.items():
            if status != "pending":
                posted = status == "posted"
                complaints[order_id] = "" if posted else f"the shipment is {status}"
    return complaints
