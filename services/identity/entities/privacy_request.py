"""A person who wants to be given, or have erased, what the suite keeps of them (GDPR 15, 17)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import FieldError
from contracts.events.privacy import ERASING, FINDING, GATHERING
from contracts.services import SERVICE_PORTS
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base

KINDS = ("export", "erase")
READY, DONE, CANCELLED = "ready", "done", "cancelled"
STATES = (FINDING, READY, GATHERING, ERASING, DONE, CANCELLED)


class KnownRecord(BaseModel):
    """A record that is the person."""

    model_config = ConfigDict(extra="forbid")
    entity: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$")]
    id: Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]


Records = Annotated[list[KnownRecord], Constraint(max_length=1000)]
Ids = Annotated[
    list[Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]],
    Constraint(max_length=1000),
]


class ServiceReport(BaseModel):
    """What one service has answered last: to which round, and what it found or did."""

    round: int
    state: str
    items: list[dict[str, Any]]


class PrivacyRequest(Record, Base):
    """`records` are the person's own, those given and those that services found by them.

    An erasure waits as `ready` until somebody has seen in `report` what it would do, and confirms
    it. Every service owes an answer to each `round`; `waiting_for` names those that have not given
    it. `asked_about` counts the records known when the round began.
    """

    __tablename__ = "privacy_request"

    kind: Mapped[str] = f.picklist(KINDS, required=True, fixed=True)
    email: Mapped[str | None] = f.email()
    phone: Mapped[str | None] = f.phone()
    records: Mapped[list[Any]] = f.json(Records, default=[])
    reason: Mapped[str | None] = f.text(personal=True)
    state: Mapped[str] = f.picklist(STATES, read_only=True, default=FINDING)
    round: Mapped[int] = f.integer(read_only=True, default=1)
    spared: Mapped[list[str]] = f.json(Ids, default=[], read_only=True)
    report: Mapped[dict[str, Any]] = f.json(dict[str, ServiceReport], default={}, read_only=True)
    waiting_for: Mapped[list[str]] = f.json(list[str], default=[], read_only=True)
    confirmed_by: Mapped[str | None] = f.link("user", read_only=True, when_deleted=f.KEEP)
    confirmed_at: Mapped[datetime | None] = f.instant(read_only=True)
    finished_at: Mapped[datetime | None] = f.instant(read_only=True)
    search: Mapped[Any] = f.search("number", "email")
    asked_about: Mapped[int] = mapped_column(Integer)


def ask_everybody(_: UnitOfWork, request: PrivacyRequest, before: Snapshot) -> None:
    """A new round is owed an answer by every service."""
    if request.round != before.get("round"):
        request.waiting_for = sorted(SERVICE_PORTS)
        request.asked_about = len(request.records)


def names_somebody(request: PrivacyRequest, before: Snapshot) -> Iterator[FieldError]:
    """Without an address, a number or a record nobody could be found."""
    if not before and not (request.email or request.phone or request.records):
        detail = "say who it is: an e-mail address, a telephone number or records"
        yield FieldError("/email", "required", detail)


PRIVACY_REQUEST = Entity(
    model=PrivacyRequest,
    name="privacy_request",
    plural="privacy-requests",
    title="Privacy request",
    label=("number",),
    access=Access.ADMIN_ONLY,
    prefix="PRI",
    derive=(ask_everybody,),
    rules=(names_somebody,),
    verbs=frozenset({"confirm", "cancel"}),
    facts=frozenset({"widened", "found", "confirmed", "cancelled", "finished"}),
    closed=frozenset({"edit", "delete", "merge", "purge"}),
    essential=True,
)
