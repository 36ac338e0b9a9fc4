"""Jobs a service does by the clock; each must bear being run by several copies at once."""

from collections.abc import Callable
from dataclasses import dataclass

from crmkit.config import Settings
from crmkit.db import Database
from crmkit.records import ended_sessions
from crmkit.records.background import jobs, kept_files
from crmkit.records.importing import imports
from crmkit.records.privacy import answering
from crmkit.records.tailoring import indexes
from crmkit.records.writing import idempotency

_HOUR = 3600.0
_INDEXES = 10.0


@dataclass(frozen=True, slots=True)
class Timer:
    """`run(database, settings)` every so many seconds, counted from the end of the last run."""

    seconds: float
    run: Callable[[Database, Settings], None]


def every(seconds: float, run: Callable[[Database, Settings], None]) -> Timer:
    """A job of the service."""
    return Timer(seconds, run)


def _forget_answers(database: Database, _settings: Settings) -> None:
    found = 1
    while found:
        with database.transaction() as session:
            found = idempotency.prune(session)


def _forget_people(database: Database, _settings: Settings) -> None:
    with database.transaction() as session:
        answering.prune(session)


def _forget_jobs(database: Database, _settings: Settings) -> None:
    found = 1
    while found:
        with database.transaction() as session:
            found = jobs.prune(session) + kept_files.prune(session) + imports.prune(session)


def _forget_sessions(database: Database, _settings: Settings) -> None:
    with database.transaction() as session:
        ended_sessions.prune(session)


HOUSEKEEPING = (
    every(_HOUR, _forget_sessions),
    every(_HOUR, _forget_answers),
    every(_HOUR, _forget_jobs),
    every(_HOUR, _forget_people),
    every(_INDEXES, indexes.tend),
)
"""What every service does."""
