"""Forgetting a person in what was sent to be imported: files, plans, mappings, refused rows."""

from collections.abc import Collection, Iterable
from typing import Any

import orjson
from sqlalchemy import Text, delete, func, or_, select, update

from crmkit.records.background import kept_files
from crmkit.records.background.job_rows import job_row
from crmkit.records.background.kept_files import kept_part
from crmkit.records.importing.tables import import_mapping, record_import
from crmkit.records.privacy.recognising import Words, has
from crmkit.sheets.reading import ROWS_A_LINE
from crmkit.unit_of_work import UnitOfWork

_NO_REASON = {"code": "erased", "detail": "The row told of a person who was erased.", "errors": []}
_CLEANED = ("name", "found", "plan")


def hold(uow: UnitOfWork) -> None:
    """Let no import go on until this has committed: what it brought in by then will be found."""
    uow.session.execute(select(record_import.c.id).order_by(record_import.c.id).with_for_update())


def forget(uow: UnitOfWork, words: Words, record_ids: Collection[str]) -> dict[str, int]:
    """Blank the rows that tell of the person or became one of these records; how much it was.

    What was sent goes whole where a row of it does: it cannot be imported anew, the blank rows can
    be refused. A plan or mapping says `Erased` where it said the address.
    """
    blanked = 0
    for sent in uow.session.execute(select(record_import)).all():
        jobs = [one for one in (sent.check_id, sent.run_id, sent.undo_id) if one is not None]
        became = select(job_row.c.row).where(
            job_row.c.job_id.in_(jobs), job_row.c.record_id.in_(record_ids)
        )
        rows = _blank(uow, sent.rows_id, {*uow.session.scalars(became)} if jobs else set(), words)
        if rows:
            kept_files.remove(uow, [sent.source_id])
            theirs = job_row.c.job_id.in_(jobs) & job_row.c.row.in_(rows)
            refused = theirs & job_row.c.problem.is_not(None)
            uow.session.execute(update(job_row).where(refused).values(problem=_NO_REASON))
        blanked += len(rows)
        said = {name: getattr(sent, name) for name in _CLEANED}
        left = words.taken_out_of(said)
        if left != said:
            mine = record_import.c.id == sent.id
            uow.session.execute(update(record_import).where(mine).values(left))
    return {"import_row": blanked, "import_mapping": _mappings(uow, words)}


def _blank(uow: UnitOfWork, file_id: str, known: Iterable[int], words: Words) -> set[int]:
    """The numbers of rows that are empty now: those `known`, and those that tell of the person."""
    part = kept_part.c
    told = [has(part.data, words.spelled[:1])] if words.email else []
    if words.digits:
        digits = func.regexp_replace(func.convert_from(part.data, "UTF8"), r"\D", "", "g")
        told.append(func.strpos(digits, words.digits) > 0)
    blank = {*known}
    at = {(number - 1) // ROWS_A_LINE for number in blank}
    query = select(part.position, part.data).where(
        part.file_id == file_id, or_(part.position.in_(at), *told)
    )
    for position, data in uow.session.execute(query).all():
        table = orjson.loads(bytes(data))
        first = position * ROWS_A_LINE + 1
        blank |= {n for n, row in enumerate(table, first) if any(map(words.told_by, row))}
        left = [[""] * len(row) if n in blank else row for n, row in enumerate(table, first)]
        mine = (part.file_id == file_id) & (part.position == position)
        uow.session.execute(update(kept_part).where(mine).values(data=orjson.dumps(left)))
    return blank


def _mappings(uow: UnitOfWork, words: Words) -> int:
    held: Any = import_mapping.c
    if not words.email:
        return 0
    email = words.spelled[:1]
    named = uow.session.execute(
        delete(import_mapping).where(has(held.name, email)).returning(held.name)
    ).all()
    telling = select(import_mapping).where(has(held.plan.cast(Text), email))
    rows = uow.session.execute(telling).all()
    for row in rows:
        mine = (held.entity == row.entity) & (held.name == row.name)
        plan = words.taken_out_of(row.plan)
        uow.session.execute(update(import_mapping).where(mine).values(plan=plan))
    return len(named) + len(rows)
