"""The way of a transfer of ownership: in rounds, until no service has found anything to move."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from contracts.events.base import Event
from crmkit.records import recycle, store
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities.group import GROUP
from services.identity.entities.ownership_transfer import (
    DONE,
    MOVING,
    OWNERSHIP_TRANSFER,
    OwnershipTransfer,
)
from services.identity.entities.user import USER


def hear_moved(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Note what services have moved; an answer to an earlier round is passed over.

    Each takes its turn on the transfer, in whatever order they come.
    """
    for event in events:
        mine = uow.because_of(event)
        transfer = store.lock(mine, OWNERSHIP_TRANSFER, [event.subject]).get(event.subject)
        if transfer is None or transfer.state != MOVING or event.data["round"] != transfer.round:
            continue
        service = event.type.split(".")[1]
        if transfer.services[service]["state"] != DONE:
            _take(mine, transfer, service, event.data["moved"])


def _take(
    uow: UnitOfWork, transfer: OwnershipTransfer, service: str, moved: dict[str, int]
) -> None:
    sum_of = Counter(transfer.services[service]["moved"]) + Counter(moved)
    part = {"state": DONE, "moved": dict(sorted(sum_of.items()))}
    values: dict[str, Any] = {"services": {**transfer.services, service: part}}
    transfer.moved_in_round += sum(moved.values())
    if any(one["state"] != DONE for one in values["services"].values()):
        store.update(uow, OWNERSHIP_TRANSFER, transfer, values)
    elif transfer.moved_in_round:
        # What was on its way to the user meanwhile has arrived by now: look once more.
        values["round"] = transfer.round + 1
        store.update(uow, OWNERSHIP_TRANSFER, transfer, values, fact="repeated")
    else:
        _finish(uow, transfer, values)


def _finish(uow: UnitOfWork, transfer: OwnershipTransfer, values: dict[str, Any]) -> None:
    values |= {"state": DONE, "finished_at": uow.at}
    store.update(uow, OWNERSHIP_TRANSFER, transfer, values, fact="finished")
    if transfer.deletes_user or transfer.group_id is not None:
        entity = USER if transfer.group_id is None else GROUP
        leaver_id = transfer.user_id or transfer.group_id or ""
        leaver = store.lock(uow, entity, [leaver_id])[leaver_id]
        if leaver.deleted_at is None:
            recycle.put_away(uow, uow.of(entity), leaver)
