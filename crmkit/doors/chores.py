"""What every service does by the clock with its own entities; several copies may do it at once."""

from collections.abc import Callable
from dataclasses import dataclass

from crmkit.doors.context import ServiceContext
from crmkit.records.annotations import followers
from crmkit.records.deduplication import blocking

_FOLLOWERS_SECONDS = 60.0
"""What happens to a record within a minute is one notice to each of its followers."""

_INDEXES_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Chore:
    """`run(context)` every so many seconds, counted from the end of the last run."""

    seconds: float
    run: Callable[[ServiceContext], None]


def tell_followers(context: ServiceContext) -> None:
    """What happened to the records that people follow since they were last told."""
    followers.tell_all(context.database, context.entities)


def keep_indexes(context: ServiceContext) -> None:
    """Want the indexes by which records that look alike are found, as their fields are now."""
    with context.database.transaction() as session:
        for entity in context.shaped.newest(session).values():
            blocking.keep_index(session, entity)


CHORES = (Chore(_FOLLOWERS_SECONDS, tell_followers), Chore(_INDEXES_SECONDS, keep_indexes))
