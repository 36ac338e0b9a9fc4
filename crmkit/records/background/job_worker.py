"""Does the jobs: chunk by chunk, in turns, by however many copies of a service there are.

A copy holds a job by an advisory lock, which PostgreSQL lets go the moment the copy dies. Should
two ever hold one (a connection broke, its process lives), the claim decides: a chunk commits only
if nobody has claimed the job since.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, func, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from contracts.caller import SYSTEM_ID, Caller, system_caller
from contracts.errors import Problem, forbidden
from crmkit.bus import faults
from crmkit.bus.endurance import endure
from crmkit.bus.wake_up import WakeUp
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.records import callers
from crmkit.records.background.jobs import CHANNEL, Job, Work, job
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork, new_id

MOST_TRIES = 4
"""Of one chunk; a job whose chunk killed its process so often is not given to another."""

_PATIENCE = (
    "SET LOCAL statement_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '10min'"
)
_WAITING = text(
    "SELECT CAST(id AS text) FROM job WHERE finished_at IS NULL AND due_at <= now() "
    "AND kind = ANY(:kinds) ORDER BY due_at LIMIT 20"
)
_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended('job/' || :id, 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended('job/' || :id, 0))")

_log = logging.getLogger(__name__)


class _Superseded(Exception):  # noqa: N818 - said of the chunk, which is undone
    """The job was cancelled, or claimed by another copy, while this one was at it."""


class JobWorker:
    """Worker: takes the job that has waited longest, does one chunk of it, and so on.

    `entities` answers the service's own by name, as administrators have shaped them by now;
    `works` are the kinds this code knows: a job of another kind waits for newer code.
    """

    def __init__(
        self,
        database: Database,
        entities: Callable[[Session], Mapping[str, Entity]],
        works: Sequence[Work],
        *,
        poll_seconds: float = 1.0,
    ) -> None:
        self.name = f"{database.service}.jobs"
        self._database = database
        self._entities = entities
        self._steps = {work.kind: work.step for work in works}
        self._poll_seconds = poll_seconds

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        wake_up = WakeUp(self._database, CHANNEL)

        def turn() -> float:
            while not stop.is_set() and self.work():
                pass
            if not stop.is_set():
                wake_up.wait(self._poll_seconds)
            return 0.0

        try:
            endure(self.name, stop, turn)
        finally:
            wake_up.close()

    def work(self) -> bool:
        """Do one chunk of one job; False when there is none that another copy is not at."""
        with self._database.autocommit() as connection:
            for job_id in connection.scalars(_WAITING, {"kinds": list(self._steps)}).all():
                with _held(connection, job_id) as mine:
                    claimed = _claim(connection, job_id) if mine else None
                    if claimed is not None:
                        self._chunk(claimed)
                        return True
        return False

    def _chunk(self, claimed: Any) -> None:
        if claimed.tries > MOST_TRIES:
            # It was claimed, and neither done nor put back: whoever was at it is no more.
            detail = "The process that worked on it died, time and again."
            self._end(claimed, {"code": "worker_died", "detail": detail})
            return
        try:
            with self._database.transaction() as session:
                session.execute(text(_PATIENCE))
                self._perform(session, claimed)
                faults.reached("job.before_commit")
            faults.reached("job.committed")
        except _Superseded:
            _log.info("%s: %s is not ours any more", self.name, claimed.id)
        except Problem as problem:
            body = problem.body(claimed.request_id)
            self._end(claimed, {n: body[n] for n in body.keys() & {"code", "detail", "errors"}})
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            _log.exception("%s: a chunk of %s failed", self.name, claimed.id)
            detail = f"Something went wrong here ({type(error).__name__})."
            self._put_back(claimed, {"code": "internal_error", "detail": detail})

    def _perform(self, session: Session, claimed: Any) -> None:
        entities = self._entities(session)
        entity = entities.get(claimed.entity)
        if entity is None:
            raise forbidden(f"There are no {claimed.entity} records here any more.")
        caller = _caller(session, claimed)
        uow = UnitOfWork(session, caller, self._database.service, entities, bulk=True)
        at_hand = Job(
            claimed.id,
            claimed.kind,
            entity,
            claimed.parameters,
            claimed.total,
            claimed.done,
            claimed.checkpoint,
            claimed.result,
        )
        more = self._steps[claimed.kind](uow, at_hand)
        journal.write(uow)
        reached: dict[str, Any] = {
            "total": at_hand.total,
            "done": at_hand.done,
            "checkpoint": at_hand.checkpoint,
            "result": at_hand.result,
            "error": None,
            "tries": 0,
            # Jobs take turns: whoever has just had one comes last.
            "due_at": func.clock_timestamp(),
        }
        if not more:
            reached |= {"state": "done", "finished_at": func.clock_timestamp()}
        if not _still(session, claimed, reached):
            raise _Superseded

    def _end(self, claimed: Any, error: Mapping[str, Any]) -> None:
        ended = {"state": "failed", "error": error, "finished_at": func.clock_timestamp()}
        with self._database.transaction() as session:
            _still(session, claimed, ended)
        _log.warning("%s: %s failed: %s", self.name, claimed.id, error["code"])

    def _put_back(self, claimed: Any, error: Mapping[str, Any]) -> None:
        """Try the chunk again a little later, or no more."""
        if claimed.tries >= MOST_TRIES:
            self._end(claimed, error)
            return
        seconds = 0.1 * 4 ** (claimed.tries - 1)
        due = func.clock_timestamp() + text(f"interval '{seconds} seconds'")
        with self._database.transaction() as session:
            _still(session, claimed, {"error": error, "due_at": due})


@contextmanager
def _held(connection: Connection, job_id: str) -> Iterator[bool]:
    """Whether the job is this copy's for the length of the block."""
    mine = bool(connection.scalar(_LOCK, {"id": job_id}))
    try:
        yield mine
        if mine:
            connection.execute(_UNLOCK, {"id": job_id})
    except BaseException:
        connection.invalidate()  # closed, and with it the lock is gone for certain
        raise


def _claim(connection: Connection, job_id: str) -> Any:
    """Note, before anything is tried, that it is; None when there is nothing to do any more."""
    claimed = {
        "state": "running",
        "claim": new_id(),
        "tries": job.c.tries + 1,
        "started_at": func.coalesce(job.c.started_at, func.clock_timestamp()),
    }
    query = (
        update(job)
        .where(job.c.id == job_id, job.c.finished_at.is_(None), job.c.due_at <= func.now())
        .values(claimed)
        .returning(job)
    )
    return connection.execute(query).one_or_none()


def _still(session: Session, claimed: Any, change: Mapping[str, Any]) -> bool:
    """Change the job if it is running and nobody has claimed it since; whether that was so."""
    ours = (job.c.id == claimed.id, job.c.claim == claimed.claim, job.c.state == "running")
    query = update(job).where(*ours).values(**change).returning(job.c.id)
    return session.scalar(query) is not None


def _caller(session: Session, claimed: Any) -> Caller:
    """Who started it, with the rights of now. Raises Problem 403 for one no longer active."""
    if claimed.actor_id == SYSTEM_ID:
        return system_caller(request_id=claimed.request_id, traceparent=claimed.traceparent)
    row = callers.find(session, claimed.actor_id)
    if row is None or not row.active:
        raise forbidden("Who started it has been deactivated.")
    return callers.caller_from(
        session, row, request_id=claimed.request_id, traceparent=claimed.traceparent
    )
