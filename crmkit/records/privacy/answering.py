"""How a service answers a request about a person: each round once, in one transaction.

A service that is down answers when it is back: the request waits for it, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Column, DateTime, Integer, Table, Uuid, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert

from contracts.errors import not_found
from contracts.events import privacy
from contracts.events.base import Event
from contracts.events.privacy import PrivacyAnswered
from crmkit.db import KIT
from crmkit.records import access, auditing
from crmkit.records.privacy import erasing, gathering
from crmkit.records.privacy.erasing import Item
from crmkit.records.privacy.finding import Person
from crmkit.records.store import is_id
from crmkit.unit_of_work import UnitOfWork

SUBJECT = "privacy"
RETENTION = timedelta(days=30)
"""How long what was gathered can be fetched."""

privacy_part = Table(
    "privacy_part",
    KIT,
    Column("request_id", Uuid(as_uuid=False), primary_key=True),
    Column("round", Integer, nullable=False),
    Column("content", JSONB(none_as_null=True), comment="what was gathered for an export"),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
"""Which round of a request this service has answered last."""

_PATIENCE = text("SET LOCAL statement_timeout = '5min'")
_PRUNE = text("DELETE FROM privacy_part WHERE expires_at < now()")


class PersonData(BaseModel):
    """What a service keeps of a person, as it was when it was gathered."""

    request_id: str
    records: list[dict[str, Any]]


def hear(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Answer requests that want an answer of this service; those it has answered are passed over.

    Rounds are heard in any order and some never: a later one asks everything anew.
    """
    for event in events:
        record = event.data["record"]
        if not event.data["deleted"] and record["state"] in _ANSWERS and _is_news(uow, event):
            _answer(uow.because_of(event), event.subject, record)


def _is_news(uow: UnitOfWork, event: Event) -> bool:
    asked = event.data["record"]["round"]
    values = {"round": asked, "expires_at": uow.at + RETENTION, "content": None}
    part = insert(privacy_part).values(request_id=event.subject, **values)
    part = part.on_conflict_do_update(
        index_elements=["request_id"], set_=values, where=privacy_part.c.round < asked
    )
    return uow.session.scalar(part.returning(privacy_part.c.round)) is not None


def _answer(uow: UnitOfWork, request_id: str, record: Mapping[str, Any]) -> None:
    uow.session.execute(_PATIENCE)
    by_entity: dict[str, list[str]] = {}
    for one in record["records"] or ():
        by_entity.setdefault(one["entity"], []).append(one["id"])
    person = Person(
        email=record["email"],
        phone=record["phone"],
        records=by_entity,
        # The request itself holds the address for as long as others need it.
        spared=frozenset([*(record["spared"] or ()), request_id]),
    )
    people, items = _ANSWERS[record["state"]](uow, request_id, person)
    answered = PrivacyAnswered(
        round=record["round"],
        state=record["state"],
        people=people,
        items=[asdict(item) for item in items],
    )
    uow.tell(SUBJECT, request_id, "answered", record["round"], asdict(answered))


_Answer = tuple[list[dict[str, str]], list[Item]]


def _find(uow: UnitOfWork, _request_id: str, person: Person) -> _Answer:
    people, items = erasing.preview(uow, person)
    return [{"entity": name, "id": record_id} for name, record_id in people], items


def _gather(uow: UnitOfWork, request_id: str, person: Person) -> _Answer:
    records, items = gathering.gather(uow, person)
    part = privacy_part.update().where(privacy_part.c.request_id == request_id)
    uow.session.execute(part.values(content=records))
    _note(uow, "person.exported", request_id, items)
    return [], items


def _erase(uow: UnitOfWork, request_id: str, person: Person) -> _Answer:
    items = erasing.erase(uow, person)
    _note(uow, "person.erased", request_id, items)
    return [], items


def _note(uow: UnitOfWork, act: str, request_id: str, items: Sequence[Item]) -> None:
    details = {"items": [asdict(item) for item in items]}
    auditing.note(uow, act, SUBJECT, request_id, details=details)


_ANSWERS = {privacy.FINDING: _find, privacy.GATHERING: _gather, privacy.ERASING: _erase}


def data(uow: UnitOfWork, request_id: str) -> PersonData:
    """What this service has gathered for a request; that it was read is audited.

    Raises Problem 403; 404 before it was gathered, and when its time is over.
    """
    access.require_administrator(uow.caller, "read what was gathered of a person")
    query = select(privacy_part.c.content).where(
        privacy_part.c.request_id == request_id, privacy_part.c.expires_at > uow.at
    )
    content = uow.session.scalar(query) if is_id(request_id) else None
    if content is None:
        raise not_found("Nothing is gathered for such a request.")
    auditing.note_apart(uow, "person.handed_over", SUBJECT, request_id)
    return PersonData(request_id=request_id, records=content)


def prune(session: Any) -> None:
    """Forget what was gathered longer ago than `RETENTION`."""
    session.execute(_PRUNE)
