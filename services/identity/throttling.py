"""Guessing made slow: who fails must wait, longer each time, but the true owner is not locked out.

A client that has signed in to an account from this network before is counted by itself: what
strangers do to the account does not delay it. Strangers are counted by account and by network, and
all together. All of it is in the database, so that it holds over any number of processes.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, Integer, Table, Text, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.errors import Problem
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.unit_of_work import UnitOfWork
from services.identity import sign_ins
from services.identity.entities import Base

LONGEST_DELAY = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
MOST_OF_STRANGERS = 100
"""Failures a minute of all strangers together; they all wait once there have been as many."""
_MINUTE = timedelta(minutes=1)

delay = Table(
    "sign_in_delay",
    Base.metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False, index=True),
    Column("until", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Count:
    """Failures under one key: `free` of them cost nothing, then the delay doubles from `first`.

    An hour admits 17 of an account's, 19 of a network's.
    """

    key: str
    free: int
    first: timedelta

    def after(self, failures: int) -> timedelta:
        """How long nobody may try again after so many."""
        if failures < self.free:
            return timedelta()
        times: int = 2 ** min(failures - self.free, 20)
        return min(self.first * times, LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class Gate:
    """What an attempt is counted by. `owners` is the part that a success wipes out."""

    counts: Sequence[Count]
    owners: Sequence[str]
    stranger: bool


def gate(session: Session, uow: UnitOfWork, kind: str, account: str, user_id: str | None) -> Gate:
    """The gate before an attempt of this kind at `account`, as typed; `user_id` if there is one."""
    network = uow.origin.network
    if user_id is not None and sign_ins.known(session, user_id, network, uow.at):
        pair = Count(_key(kind, "pair", account, network), 5, timedelta(seconds=1))
        return Gate((pair,), (pair.key,), stranger=False)
    own = Count(_key(kind, "account", account), 5, timedelta(seconds=1))
    all_from = Count(_key("network", network), 10, timedelta(seconds=8))
    return Gate((own, all_from), (own.key,), stranger=True)


def require(session: Session, gate: Gate, at: datetime) -> None:
    """Raise Problem 429 with Retry-After if it is too early for another attempt."""
    keys = [count.key for count in gate.counts]
    until = session.scalar(select(func.max(delay.c.until)).where(delay.c.key.in_(keys)))
    if until is not None and until > at:
        raise too_early(until - at)
    if gate.stranger and sign_ins.failures_since(session, at - _MINUTE) >= MOST_OF_STRANGERS:
        raise too_early(_MINUTE)


def enter(uow: UnitOfWork, gate: Gate) -> None:
    """As `require`, and nobody else enters the same gate until this transaction has ended."""
    for count in gate.counts:  # the account before the network, always: no two wait in a circle
        uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(count.key, 0))))
    require(uow.session, gate, uow.at)


def failed(uow: UnitOfWork, gate: Gate) -> bool:
    """Count a failure; whether it is the first after which anybody has to wait."""
    closed = False
    for count in gate.counts:
        new = insert(delay).values(key=count.key, failures=1, last_at=uow.at, until=uow.at)
        fresh = delay.c.last_at < uow.at - FORGOTTEN_AFTER
        again = {"failures": case((fresh, 1), else_=delay.c.failures + 1), "last_at": uow.at}
        failures = uow.session.scalar(
            new.on_conflict_do_update(index_elements=["key"], set_=again).returning(
                delay.c.failures
            )
        )
        assert failures is not None
        until = uow.at + count.after(failures)
        where = delay.c.key == count.key
        uow.session.execute(delay.update().where(where).values(until=until))
        closed = closed or failures == count.free
    return closed


def passed(uow: UnitOfWork, gate: Gate) -> None:
    """Forget the failures of the account; those of the network stay, or one account of a guesser's
    own would open all others to him.
    """
    uow.session.execute(delete(delay).where(delay.c.key.in_(gate.owners)))


def too_early(wait: timedelta) -> Problem:
    """429: come back after `wait`."""
    seconds = str(math.ceil(wait.total_seconds()))
    detail = "There were too many failed attempts: wait before the next one."
    return Problem(429, "too_many_attempts", detail, headers={"Retry-After": seconds})


def prune(database: Database, _: Settings) -> None:
    """Forget what no longer delays anybody."""
    with database.transaction() as session:
        old = delay.c.last_at < func.now() - FORGOTTEN_AFTER
        session.execute(delete(delay).where(old))


def _key(*parts: str) -> str:
    """Not in plain words: what is typed as a username is now and then a password."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
