"""A group goes: what it owns is given to another owner in every service, then it is deleted."""

from crmkit.fields import WhenDeleted
from crmkit.records import store
from crmkit.records.relations import references
from crmkit.unit_of_work import UnitOfWork
from services.identity.actions.deactivate_user import ReceiverQuery, take_hold
from services.identity.entities.group import GROUP, Group, not_while_in_another
from services.identity.entities.ownership_transfer import (
    OWNERSHIP_TRANSFER,
    OwnershipTransfer,
    refuse_meanwhile,
)


def delete_group(uow: UnitOfWork, group: Group, query: ReceiverQuery) -> OwnershipTransfer:
    """Delete a group, once its records have gone to somebody else in every service.

    Raises Problem 409 `member_of_a_group`, `record_in_use`, `transfer_under_way`, and 422.
    """
    not_while_in_another(uow, group)
    held = references.within(uow, GROUP.name, WhenDeleted.REFUSE)
    references.refuse_if_held(uow, GROUP.name, group.id, held)
    refuse_meanwhile(uow, group.id)
    take_hold(uow, group.id, query.transfer_to)
    values = {"group_id": group.id, "transfer_to_id": query.transfer_to, "deletes_user": False}
    started: OwnershipTransfer = store.insert(uow, OWNERSHIP_TRANSFER, values)
    return started
