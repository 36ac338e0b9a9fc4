"""What every service does by the clock with its own entities; several copies may do it at once."""

from collections.abc import Callable
from dataclasses import dataclass

from crmkit.doors.context import ServiceContext
from crmkit.records.annotations import followers

_FOLLOWERS_SECONDS = 60.0
"""What happens to a record within a minute is one notice to each of its followers."""


@dataclass(frozen=True, slots=True)
class Chore:
    """`run(context)` every so many seconds, counted from the end of the last run."""

    seconds: float
    run: Callable[[ServiceContext], None]


def tell_followers(context: ServiceContext) -> None:
    """What happened to the records that people follow since they were last told."""
    followers.tell_all(context.database, context.entities)


CHORES = (Chore(_FOLLOWERS_SECONDS, tell_followers),)
