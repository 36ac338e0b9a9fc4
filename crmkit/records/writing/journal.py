"""Writes what a transaction did, once, at its end: every history row and outbox row together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from contracts.caller import Caller
from contracts.events.base import Event
from crmkit.bus import envelope
from crmkit.db import Database
from crmkit.entity import Entity
from crmkit.records.auditing import chain
from crmkit.records.reading.rendering import to_json
from crmkit.records.tailoring import changing, loading
from crmkit.records.writing import idempotency
from crmkit.unit_of_work import Fact, UnitOfWork

_JOURNAL = """
    WITH written AS (
        INSERT INTO history
            (entity, record_id, version, fact, deleted, at, actor_id, request_id, changes)
        SELECT entity, record_id, version, fact, deleted, at, actor_id, request_id, changes
        FROM jsonb_to_recordset(CAST(:history AS jsonb)) AS row(
            entity text, record_id uuid, version int, fact text, deleted boolean,
            at timestamptz, actor_id uuid, request_id text, changes jsonb)
    ), told AS (
        INSERT INTO outbox (id, type, body, bulk)
        SELECT id, type, convert_to(body, 'UTF8'), :bulk
        FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS row(id uuid, type text, body text)
    )
"""
_WAKE = "SELECT pg_notify('tandem_outbox', ''), (SELECT version FROM tailoring_version)"
_WRITE = text(_JOURNAL + _WAKE)
_WRITE_AND_KEEP = text(f"{_JOURNAL}, kept AS ({idempotency.KEEP_SQL}) {_WAKE}")
_KEEP = text(idempotency.KEEP_SQL)


class Outdated(Exception):  # noqa: N818 - said of what the transaction was based on
    """Administrators have changed entities since this transaction looked: do it all again."""


def event_of(uow: UnitOfWork, fact: Fact) -> Event:
    """The event that tells of `fact`; its id is that of the fact."""
    return Event(
        id=fact.id,
        type=f"crm.{uow.service}.{fact.subject}.{fact.name}.v1",
        source=f"/{uow.service}",
        subject=fact.record_id,
        time=uow.at,
        data=fact.data,
        version=fact.version,
        actor=fact.caller.user_id,
        traceparent=fact.caller.traceparent,
        request_id=fact.caller.request_id,
    )


def write(uow: UnitOfWork, answer: Mapping[str, Any] | None = None) -> None:
    """One statement for all facts of the transaction; called just before it commits.

    `answer` are the parameters of an answer that is kept with them (`idempotency.kept`).

    Raises Outdated for a transaction whose records may not be as entities are shaped by now: who
    commits has begun to write before whatever comes after.
    """
    uow.session.flush()
    if uow.facts:
        statement = _WRITE if answer is None else _WRITE_AND_KEEP
        _, shape = uow.session.execute(statement, {**_told(uow), **(answer or {})}).one()
        _not_outdated(uow, shape or 0)
        uow.facts.clear()
    elif answer is not None:
        uow.session.execute(_KEEP, answer)
    if uow.acts:
        # Last of all: from here to the commit, other audited acts of the service wait for this one.
        chain.extend(uow.session, uow.acts)
        uow.acts.clear()


def _not_outdated(uow: UnitOfWork, shape: int) -> None:
    seen = getattr(uow.entities, "version", shape)
    if seen != shape and changing.RESHAPING not in uow.session.info:
        uow.on_reshape()
        raise Outdated


def _told(uow: UnitOfWork) -> dict[str, Any]:
    events = [event_of(uow, fact) for fact in uow.facts]
    rows = [
        {
            "entity": fact.subject,
            "record_id": fact.record_id,
            "version": fact.version,
            "fact": fact.name,
            "deleted": fact.data["deleted"],
            "at": uow.at,
            "actor_id": fact.caller.user_id,
            "request_id": fact.caller.request_id,
            "changes": fact.data["changes"],
        }
        for fact in uow.facts
        if "changes" in fact.data
    ]
    return {
        "bulk": uow.bulk,
        "history": to_json(rows).decode(),
        "events": to_json(
            [{"id": e.id, "type": e.type, "body": envelope.to_json(e).decode()} for e in events]
        ).decode(),
    }


@contextmanager
def unit_of_work(
    database: Database, caller: Caller, entities: Mapping[str, Entity]
) -> Iterator[UnitOfWork]:
    """A transaction whose history and events are written in it, just before it commits.

    It works on the entities as administrators have shaped them by its beginning.
    """
    with database.transaction() as session:
        shaped = loading.shaped(session, entities)
        uow = UnitOfWork(session, caller, database.service, shaped)
        yield uow
        write(uow)
