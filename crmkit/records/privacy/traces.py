"""What a service keeps of a person besides records: history, comments, events, answers, files."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Text, case, delete, func, or_, text, update

from crmkit.bus.outbox import outbox
from crmkit.bus.parked import parked_event
from crmkit.entity import Entity
from crmkit.facts import HANGING_FACTS
from crmkit.records import auditing
from crmkit.records.auditing.chain import audit_personal
from crmkit.records.auditing.verifying import ERASED
from crmkit.records.background.jobs import job
from crmkit.records.background.kept_files import kept_file
from crmkit.records.privacy.finding import Person, digits_of, personal_fields
from crmkit.records.writing.idempotency import idempotency_key
from crmkit.unit_of_work import UnitOfWork

_OF_RECORDS: Mapping[str, str] = {
    "history": """
        UPDATE history SET changes = changes - CAST(:fields AS text[]) || coalesce((
            SELECT jsonb_object_agg(name, '[null, null]'::jsonb)
            FROM unnest(CAST(:fields AS text[])) AS name WHERE changes ? name), '{}')
        WHERE record_id = ANY(CAST(:ids AS uuid[])) AND changes ?| CAST(:fields AS text[])
    """,
    "what hung on it": """
        UPDATE history SET changes = '{}'
        WHERE record_id = ANY(CAST(:ids AS uuid[])) AND fact = ANY(CAST(:hanging AS text[]))
          AND changes <> '{}'
    """,
    "comment_version": """
        DELETE FROM comment_version WHERE comment_id IN (
            SELECT id FROM comment WHERE record_id = ANY(CAST(:ids AS uuid[])))
    """,
    "comment": """
        UPDATE comment SET body = NULL, mentions = '[]', version = version + 1
        WHERE record_id = ANY(CAST(:ids AS uuid[])) AND body IS NOT NULL
    """,
    "external_id": "DELETE FROM external_id WHERE record_id = ANY(CAST(:ids AS uuid[]))",
    "merge": """
        UPDATE merge SET before = before - CAST(:fields AS text[]),
                         after = after - CAST(:fields AS text[])
        WHERE survivor_id = ANY(CAST(:ids AS uuid[]))
    """,
}


def of_records(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> dict[str, int]:
    """Forget what is kept beside these records of their personal fields; how much it was."""
    given = {
        "ids": list(ids),
        "fields": list(personal_fields(entity)),
        "hanging": sorted(HANGING_FACTS),
    }
    counts = {}
    for what, sql in _OF_RECORDS.items():
        counts[what] = int(uow.session.execute(text(sql), given).rowcount)  # type: ignore[attr-defined]
    return counts


_OF_HOLDERS = text(r"""
    UPDATE history SET changes = (
        SELECT jsonb_object_agg(key, CASE
            WHEN strpos(lower(value::text), :email) > 0
              OR (:digits <> '' AND strpos(regexp_replace(value::text, '\D', '', 'g'), :digits) > 0)
            THEN '[null, null]'::jsonb ELSE value END)
        FROM jsonb_each(changes))
    WHERE record_id = ANY(CAST(:ids AS uuid[])) AND changes <> '{}'
      AND (strpos(lower(changes::text), :email) > 0
        OR (:digits <> '' AND strpos(regexp_replace(changes::text, '\D', '', 'g'), :digits) > 0))
""")


def of_holders(uow: UnitOfWork, ids: Sequence[str], person: Person) -> dict[str, int]:
    """Let the history of records that only held the person's address or number forget those."""
    given = {
        "ids": list(ids),
        "email": (person.email or "\n").lower(),
        "digits": digits_of(person.phone),
    }
    done = uow.session.execute(_OF_HOLDERS, given)
    return {"history": int(done.rowcount)}  # type: ignore[attr-defined]


def of_words(uow: UnitOfWork, words: Sequence[str], entities: Sequence[str]) -> dict[str, int]:
    """Forget whatever else has one of these words in it; how much it was.

    Files of exports are not looked into: all that show records of `entities` go. A parked event
    is discarded, since what it would bring is gone. What the audit says personally is taken out
    beside its chain, and the chain says so.
    """
    if not words:
        return {}
    said = job.c.parameters.cast(Text) + job.c.result.cast(Text)
    forgetting: Mapping[str, Any] = {
        "outbox": delete(outbox).where(outbox.c.sent_at.is_not(None), _has(outbox.c.body, words)),
        "idempotency_key": delete(idempotency_key).where(_has(idempotency_key.c.body, words)),
        "job": delete(job).where(job.c.finished_at.is_not(None), _has(said, words)),
        "kept_file": delete(kept_file).where(kept_file.c.entity.in_(entities)),
        "parked_event": _parked(uow, words),
    }
    counts = {what: _count(uow, statement) for what, statement in forgetting.items()}
    personal = audit_personal.c
    gone = delete(audit_personal).where(_has(personal.content, words))
    rows = [
        [day.isoformat(), seq]
        for day, seq in uow.session.execute(gone.returning(personal.day, personal.seq))
    ]
    if rows:
        auditing.note(uow, ERASED, details={"rows": rows})
    return {**counts, "audit": len(rows)}


def _parked(uow: UnitOfWork, words: Sequence[str]) -> Any:
    known = parked_event.c
    emptied = {
        "event": b"{}",
        "error": "",
        "state": case((known.state == "parked", "discarded"), else_=known.state),
        "decided_by": func.coalesce(known.decided_by, uow.caller.user_id),
        "decided_at": func.coalesce(known.decided_at, func.now()),
    }
    return update(parked_event).where(_has(known.event, words)).values(emptied)


def _has(column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    """The clause for one of these words, in lower case, in texts or in bytes that are text."""
    binary = isinstance(column.type, LargeBinary)
    within = func.lower(func.encode(column, "escape") if binary else column)
    return or_(*(func.strpos(within, word) > 0 for word in words))


def _count(uow: UnitOfWork, statement: Any) -> int:
    return int(uow.session.execute(statement).rowcount)  # type: ignore[attr-defined]
