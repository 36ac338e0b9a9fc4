"""What a service keeps of a person besides records: history, comments, events, answers, files."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Text, case, delete, func, select, text, tuple_, update

from crmkit.bus.outbox import outbox
from crmkit.bus.parked import parked_event
from crmkit.entity import Entity
from crmkit.facts import HANGING_FACTS
from crmkit.records import auditing
from crmkit.records.auditing.chain import audit, audit_personal
from crmkit.records.auditing.verifying import ERASED
from crmkit.records.background.jobs import job
from crmkit.records.background.kept_files import kept_file
from crmkit.records.importing.tables import record_import
from crmkit.records.privacy.recognising import PLACEHOLDER, Words, has, whole
from crmkit.records.views.tables import view_default
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
    "job_row": """
        UPDATE job_row SET problem = NULL,
            undo = CASE WHEN undo IS NOT NULL THEN '{"before": {}, "after": {}}'::jsonb END
        WHERE record_id = ANY(CAST(:ids AS uuid[])) AND (problem IS NOT NULL OR undo IS NOT NULL)
    """,
    "external_id": "DELETE FROM external_id WHERE record_id = ANY(CAST(:ids AS uuid[]))",
    "merge": """
        UPDATE merge SET before = before - CAST(:fields AS text[]),
                         after = after - CAST(:fields AS text[])
        WHERE survivor_id = ANY(CAST(:ids AS uuid[]))
    """,
}


def of_records(
    uow: UnitOfWork, entity: Entity, ids: Sequence[str], fields: Sequence[str]
) -> dict[str, int]:
    """Forget what is kept beside these records of their personal `fields`; how much it was.

    By the keys of other systems a document that must be kept is found there.
    """
    given = {"ids": list(ids), "fields": list(fields), "hanging": sorted(HANGING_FACTS)}
    counts = {}
    for what, sql in _OF_RECORDS.items():
        if what == "external_id" and entity.retained:
            continue
        counts[what] = int(uow.session.execute(text(sql), given).rowcount)  # type: ignore[attr-defined]
    return counts


_TELLS = r"""
    EXISTS (
        SELECT FROM jsonb_path_query({}, 'strict $.** ? (@.type() == "string")') AS said(it)
        WHERE lower(it #>> '{{}}') ~ :whole
           OR (:digits <> '' AND regexp_replace(it #>> '{{}}', '\D', '', 'g') = :digits))
"""
_OF_HOLDERS = text(f"""
    UPDATE history SET changes = (
        SELECT jsonb_object_agg(
            key, CASE WHEN {_TELLS.format("value")} THEN '[null, null]'::jsonb ELSE value END)
        FROM jsonb_each(changes))
    WHERE record_id = ANY(CAST(:ids AS uuid[])) AND {_TELLS.format("changes")}
""")  # noqa: S608 - nothing in it is anybody's input


_VIEWS = text(f"""
    DELETE FROM saved_view WHERE lower(name) ~ :whole OR {_TELLS.format("filter")}
    RETURNING CAST(id AS text)
""")  # noqa: S608 - nothing in it is anybody's input


def of_holders(uow: UnitOfWork, ids: Sequence[str], words: Words) -> dict[str, int]:
    """Let the history of records that only held the person's address or number forget those."""
    given = {"ids": list(ids), "whole": whole(words.email), "digits": words.digits}
    return {"history": _count(uow, _OF_HOLDERS, given)}


def of_words(uow: UnitOfWork, words: Words, entities: Sequence[str]) -> dict[str, int]:
    """Forget whatever else has one of these words in it; how much it was.

    Files of exports are not looked into: all that show records of `entities` go. A parked event
    is discarded, since what it would bring is gone, and so is a job that was to do something with
    the address. Of the audit, the personal part is taken out beside its chain, which says so.
    """
    if not words.spelled:
        return {}
    error = func.coalesce(job.c.error.cast(Text), "")
    said = job.c.parameters.cast(Text) + job.c.result.cast(Text) + error
    known = words.spelled
    imports = select(record_import.c.source_id).union(select(record_import.c.rows_id))
    exported = kept_file.c.entity.in_(entities) & kept_file.c.id.not_in(imports)
    forgetting: Mapping[str, Any] = {
        "outbox": delete(outbox).where(outbox.c.sent_at.is_not(None), has(outbox.c.body, known)),
        "idempotency_key": delete(idempotency_key).where(has(idempotency_key.c.body, known)),
        "job": delete(job).where(job.c.finished_at.is_not(None), has(said, known)),
        "kept_file": delete(kept_file).where(exported),
        "parked_event": _parked(uow, known),
    }
    counts = {what: _count(uow, statement) for what, statement in forgetting.items()}
    if words.email:
        named = has(kept_file.c.name, known[:1])
        uow.session.execute(update(kept_file).where(named).values(name=PLACEHOLDER))
        stopped = update(job).where(job.c.finished_at.is_(None), has(said, known[:1]))
        counts["job"] += _count(uow, stopped.values(_STOPPED))
    given = {"whole": whole(words.email), "digits": words.digits}
    views = list(uow.session.scalars(_VIEWS, given))
    uow.session.execute(delete(view_default).where(view_default.c.view.in_(views)))
    return {**counts, "saved_view": len(views), "audit": _audit(uow, words)}


def _audit(uow: UnitOfWork, words: Words) -> int:
    said, acts = audit_personal.c, audit.c
    theirs = select(acts.day, acts.seq).where(acts.subject_id.in_(words.ids))
    named = has(said.content, words.spelled) | tuple_(said.day, said.seq).in_(theirs)
    gone = delete(audit_personal).where(named).returning(said.day, said.seq)
    rows = [[day.isoformat(), seq] for day, seq in uow.session.execute(gone)]
    if rows:
        auditing.note(uow, ERASED, details={"rows": rows})
    return len(rows)


ACTS_ARE_KEPT = (
    "What a user did to others must stay provable, with the address it was done from "
    "(GDPR, article 17(3)(e))."
)


def acts_of(uow: UnitOfWork, ids: Sequence[str]) -> int:
    """How many acts of these users the audit keeps with a personal part."""
    both = (audit_personal.c.day == audit.c.day) & (audit_personal.c.seq == audit.c.seq)
    query = select(func.count()).select_from(audit.join(audit_personal, both))
    return uow.session.scalar(query.where(audit.c.actor_id.in_(ids))) or 0


_STOPPED: Mapping[str, Any] = {
    "state": "cancelled",
    "parameters": {},
    "result": {},
    "error": None,
    "finished_at": func.clock_timestamp(),
}


def _parked(uow: UnitOfWork, words: Sequence[str]) -> Any:
    known = parked_event.c
    emptied = {
        "event": b"{}",
        "error": "",
        "state": case((known.state == "parked", "discarded"), else_=known.state),
        "decided_by": func.coalesce(known.decided_by, uow.caller.user_id),
        "decided_at": func.coalesce(known.decided_at, func.now()),
    }
    return update(parked_event).where(has(known.event, words)).values(emptied)


def _count(uow: UnitOfWork, statement: Any, given: Mapping[str, Any] | None = None) -> int:
    return int(uow.session.execute(statement, given).rowcount)  # type: ignore[attr-defined]
