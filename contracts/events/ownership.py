"""How the records of a user who leaves go to another owner over all services."""

from collections.abc import Mapping
from dataclasses import dataclass

STARTED = "crm.identity.ownership_transfer.created.v1"
REPEATED = "crm.identity.ownership_transfer.repeated.v1"
"""A round of the transfer begins, in which every service owes an answer: with its `round`, whose
records they are and who gets them.
"""

MOVED = "crm.*.ownership.moved.v1"


@dataclass(frozen=True, slots=True)
class OwnershipMoved:
    """`moved`, subject the transfer, version its round: this service has nothing left to move.

    `moved` says how many records of each entity have got another owner in this round.
    """

    round: int
    moved: dict[str, int]


OWNERSHIP_FACTS: Mapping[str, type] = {"ownership.moved": OwnershipMoved}
"""The shape of the fact, by subject and fact."""
