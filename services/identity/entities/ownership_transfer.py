"""A user or a group that leaves, and the owner who gets all records of theirs, in every service."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Integer, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import refused
from contracts.services import SERVICE_PORTS
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities import Base

MOVING, DONE = STATES = ("moving", "done")
"""Of a transfer."""
_PENDING: Literal["pending"] = "pending"


class ServicePart(BaseModel):
    """Whether a service still owes its answer to the round, and how many of what it has moved."""

    state: Literal["pending", "done"] = _PENDING
    moved: dict[str, int] = {}


class OwnershipTransfer(Record, Base):
    """Every service owes an answer to each `round`; another follows one in which anything moved.

    Either `user_id` or `group_id` says who leaves. `deletes_user` says that the user is deleted at
    its end, as a group always is. `moved_in_round` counts the records.
    """

    __tablename__ = "ownership_transfer"

    user_id: Mapped[str | None] = f.link("user", read_only=True, when_deleted=f.KEEP)
    group_id: Mapped[str | None] = f.link("group", read_only=True, when_deleted=f.KEEP)
    transfer_to_id: Mapped[str] = f.link("user", required=True, read_only=True, or_group=True)
    deletes_user: Mapped[bool] = f.boolean(read_only=True)
    state: Mapped[str] = f.picklist(STATES, read_only=True, fixed=True, default=MOVING)
    round: Mapped[int] = f.integer(read_only=True, default=1)
    services: Mapped[dict[str, Any]] = f.json(dict[str, ServicePart], default={}, read_only=True)
    finished_at: Mapped[datetime | None] = f.instant(read_only=True)
    moved_in_round: Mapped[int] = mapped_column(Integer, default=0)


def is_leaving(group_id: Any) -> ColumnElement[bool]:
    """Whether the records of the group go to another, and the group is deleted after that."""
    transfer = OwnershipTransfer
    return exists().where(transfer.group_id == group_id, transfer.state == MOVING)


def ask_everybody(_: UnitOfWork, transfer: OwnershipTransfer, before: Snapshot) -> None:
    """A new round is owed an answer by every service."""
    if transfer.round != before.get("round"):
        parts = {name: transfer.services.get(name, {}) for name in sorted(SERVICE_PORTS)}
        transfer.services = {
            n: {"moved": {}, **part, "state": _PENDING} for n, part in parts.items()
        }
        transfer.moved_in_round = 0


def refuse_meanwhile(uow: UnitOfWork, owner_id: str) -> None:
    """Raise Problem 409 `transfer_under_way` while records of this owner, or for it, move."""
    model = OwnershipTransfer
    theirs = or_(
        model.user_id == owner_id, model.group_id == owner_id, model.transfer_to_id == owner_id
    )
    found = select(model.number).where(theirs, model.state == MOVING).limit(1)
    number = uow.session.scalar(found)
    if number is not None:
        raise refused(
            "transfer_under_way", f"{number} still moves records of this owner, or to it."
        )


OWNERSHIP_TRANSFER = Entity(
    model=OwnershipTransfer,
    name="ownership_transfer",
    plural="ownership-transfers",
    title="Ownership transfer",
    label=("number",),
    access=Access.ADMIN_ONLY,
    prefix="OWN",
    derive=(ask_everybody,),
    facts=frozenset({"repeated", "finished"}),
    closed=frozenset({"create", "edit", "delete", "import", "merge", "purge"}),
    essential=True,
)
