"""The way of a privacy request through all services: it goes on when the last has answered."""

from collections.abc import Sequence
from typing import Any

from contracts.events.base import Event
from contracts.events.privacy import ERASING, FINDING, GATHERING
from crmkit.records import store
from crmkit.records.privacy import erasing
from crmkit.records.privacy.recognising import Words
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities.privacy_request import (
    DONE,
    PRIVACY_REQUEST,
    READY,
    PrivacyRequest,
)

_ASKING = frozenset({FINDING, GATHERING, ERASING})


def hear_answers(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Note what services have answered; an answer to an earlier round is late and passed over.

    Each takes its turn on the request, in whatever order they come.
    """
    for event in events:
        mine = uow.because_of(event)
        request = store.lock(mine, PRIVACY_REQUEST, [event.subject]).get(event.subject)
        if request is None or request.state not in _ASKING:
            continue
        service = event.type.split(".")[1]
        if event.data["round"] == request.round and service in request.waiting_for:
            _take(mine, request, service, event.data)


def _take(uow: UnitOfWork, request: PrivacyRequest, service: str, answer: Any) -> None:
    told = {name: answer[name] for name in ("round", "state", "items")}
    more = [one for one in answer["people"] if one not in request.records]
    values: dict[str, Any] = {
        "report": {**request.report, service: told},
        "waiting_for": [name for name in request.waiting_for if name != service],
        "records": [*request.records, *more],
    }
    if values["waiting_for"]:
        store.update(uow, PRIVACY_REQUEST, request, values)
        return
    words = Words(email=request.email or "", ids=[one["id"] for one in values["records"]])
    fact, step = _next(uow, request, len(values["records"]))
    store.update(uow, PRIVACY_REQUEST, request, values | step, fact=fact)
    if request.state == DONE and request.kind == "erase":
        erasing.anonymise(uow, uow.of(PRIVACY_REQUEST), request.id, words)


def _next(uow: UnitOfWork, request: PrivacyRequest, known: int) -> tuple[str, dict[str, Any]]:
    """All have answered: what comes next, and how it is told.

    More of the person's records than were asked about make one more round: others may have
    something that only those lead to.
    """
    again = {"round": request.round + 1}
    if request.state == FINDING and known > request.asked_about:
        return "widened", again
    if request.state == FINDING:
        return "found", {"state": READY} if request.kind == "erase" else again | {
            "state": GATHERING
        }
    return "finished", {"state": DONE, "finished_at": uow.at}
