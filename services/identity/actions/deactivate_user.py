"""A user leaves: out at once, while all records of theirs go to another owner in every service."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import select

from contracts.errors import FieldError, invalid
from crmkit.records import store
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from services.identity.entities.group import Group
from services.identity.entities.ownership_transfer import (
    OWNERSHIP_TRANSFER,
    OwnershipTransfer,
    is_leaving,
    refuse_meanwhile,
)
from services.identity.entities.user import USER, User

_Id = Annotated[
    str,
    StringConstraints(pattern=UUID_PATTERN, to_lower=True),
    Constraint(description="An active user or a group."),
]


class Receiver(BaseModel):
    """Who gets the records."""

    model_config = ConfigDict(extra="forbid")
    transfer_to: _Id


class ReceiverQuery(Receiver):
    """The same, in the query string."""


def deactivate_user(uow: UnitOfWork, user: User, body: Receiver) -> OwnershipTransfer:
    """Deactivate a user and give their records to somebody else.

    Raises Problem 409 `last_administrator`, `own_user`, `transfer_under_way`, and 422.
    """
    return _leave(uow, user, body.transfer_to, deletes_user=False)


def delete_user(uow: UnitOfWork, user: User, query: ReceiverQuery) -> OwnershipTransfer:
    """Delete a user, once their records have gone to somebody else in every service.

    Raises Problem 409 `last_administrator`, `own_user`, `transfer_under_way`, and 422.
    """
    return _leave(uow, user, query.transfer_to, deletes_user=True)


def _leave(
    uow: UnitOfWork, user: User, transfer_to: str, *, deletes_user: bool
) -> OwnershipTransfer:
    refuse_meanwhile(uow, user.id)
    take_hold(uow, user.id, transfer_to)
    store.update(uow, USER, user, {"active": False})
    values = {"user_id": user.id, "transfer_to_id": transfer_to, "deletes_user": deletes_user}
    started: OwnershipTransfer = store.insert(uow, OWNERSHIP_TRANSFER, values)
    return started


def take_hold(uow: UnitOfWork, leaver_id: str, transfer_to: str) -> None:
    """Let the receiver not leave, nor be deleted, before this commits.

    Raises Problem 422.
    """
    if transfer_to == leaver_id:
        raise invalid([FieldError("/transfer_to", "invalid", "is who leaves")])
    people = select(User.id).where(User.id == transfer_to, User.active, User.deleted_at.is_(None))
    there = (Group.id == transfer_to, Group.deleted_at.is_(None), ~is_leaving(Group.id))
    groups = select(Group.id).where(*there)
    for query in (people, groups):
        if uow.session.scalar(query.with_for_update(read=True)) is not None:
            return
    detail = "there is no such active user, nor such a group"
    raise invalid([FieldError("/transfer_to", "dangling_link", detail)])
