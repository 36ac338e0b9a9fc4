"""Records follow a value that was renamed or taken out, some thousand at a time, as a job.

Until the last has followed, the old name is read as the new one everywhere (`Entity.columns`,
`Entity.values`) and written as the new one, so that nobody can tell how far the job is.
"""

import time
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from contracts.errors import Problem
from crmkit import choices
from crmkit.choices import Replacement
from crmkit.entity import Entity
from crmkit.fields import Kind
from crmkit.records.background import jobs
from crmkit.records.history import history
from crmkit.records.picklists import lists
from crmkit.records.tailoring import changing
from crmkit.unit_of_work import UnitOfWork

KIND = "picklist"
CHUNK = 5000
"""Records in one transaction: a second's work at most, and no lock is held for longer."""
RENAMED = "picklist_renamed"
_WAIT_SECONDS = 0.05


def start(change: changing.Change, name: str, old: str, new: str | None) -> str:
    """The id of the job that takes the records along."""
    parameters = {"field": name, "old": old, "new": new}
    started: str = jobs.start(change.uow, KIND, change.entity, parameters)["id"]
    return started


def resumed(change: changing.Change, name: str, one: Replacement) -> Replacement:
    """The same, with a new job if the one at work has failed or was cancelled."""
    if one.job_id is None or _at_work(change, one.job_id):
        return one
    return replace(one, job_id=start(change, name, one.old, one.new))


def _at_work(change: changing.Change, job_id: str) -> bool:
    try:
        found = jobs.find(change.uow, change.entity, job_id)
    except Problem:
        return False  # It ended so long ago that its row is gone.
    return found.finished_at is None


def in_use(uow: UnitOfWork, entity: Entity, name: str, value: str) -> bool:
    """Whether any record has this value, those in the bin included."""
    query = select(select(literal(1)).where(_has(entity, name, value)).exists())
    return bool(uow.session.scalar(query))


def step(uow: UnitOfWork, job: jobs.Job) -> bool:
    """Take the next records along, in one statement with their history.

    Whoever is writing a record keeps it: it is passed over, and met again on the next round. The
    rounds end when a whole one has found nothing and every transaction has ended that may have
    begun before the rename was seen everywhere.
    """
    entity = uow.of(job.entity)
    name, old, new = (job.parameters[key] for key in ("field", "old", "new"))
    if name not in entity.own_fields:
        return False
    at = job.checkpoint or {"fence": _edge(uow, "xmax"), "after": None}
    moved, last = _chunk(uow, entity, name, old, new, after=at["after"])
    job.done += moved
    job.checkpoint = at | {"after": last if moved == CHUNK else None}
    if moved == CHUNK:
        return True
    if _edge(uow, "xmin") >= at["fence"] and not in_use(uow, entity, name, old):
        end(uow, entity, name, old)
        return False
    time.sleep(_WAIT_SECONDS)
    return True


def _chunk(
    uow: UnitOfWork, entity: Entity, name: str, old: str, new: str | None, *, after: str | None
) -> tuple[int, str | None]:
    """How many records have followed, and the id of the last of them."""
    table = entity.model.__table__
    field = entity.own_fields[name]
    column = table.c.custom if field.key else table.c[name]
    held = entity.held(name)
    found = select(table.c.id, held.label("old")).where(_has(entity, name, old))
    if after is not None:
        found = found.where(table.c.id > after)
    those = found.order_by(table.c.id).limit(CHUNK).with_for_update(skip_locked=True).cte("those")
    value = choices.replaced(held, several=field.kind is Kind.MULTISELECT, old=old, new=new)
    moved = (
        update(table)
        .where(table.c.id == those.c.id)
        .values({column: _stored(entity, name, value), table.c.version: table.c.version + 1})
        .returning(
            table.c.id,
            table.c.version,
            table.c.deleted_at.is_not(None).label("deleted"),
            func.jsonb_build_object(name, func.jsonb_build_array(those.c.old, held)).label(
                "changes"
            ),
        )
        .cte("moved")
    )
    written = select(
        literal(entity.name),
        moved.c.id,
        moved.c.version,
        literal(RENAMED),
        moved.c.deleted,
        literal(uow.at),
        literal(uow.caller.user_id, history.c.actor_id.type),
        literal(uow.caller.request_id),
        moved.c.changes,
    )
    columns = ("entity", "record_id", "version", "fact", "deleted", "at", "actor_id")
    kept = insert(history).from_select([*columns, "request_id", "changes"], written).cte("kept")
    last = select(moved.c.id).order_by(moved.c.id.desc()).limit(1).scalar_subquery()
    query = select(select(func.count()).select_from(moved).scalar_subquery(), last).add_cte(kept)
    count, reached = uow.session.execute(query).one()
    return count, reached


def end(uow: UnitOfWork, entity: Entity, name: str, old: str) -> None:
    """Note that no record has `old` any more: its name means nothing special to writers now."""
    change = changing.begin(uow, entity)
    picklist = lists.of(change.entity, name)
    followed = tuple(
        replace(one, job_id=None) if one.old == old else one for one in picklist.replaced
    )
    stored = choices.dumped(replace(picklist, replaced=followed))
    change.set_of_field(name, {"picklist": stored})


def _has(entity: Entity, name: str, value: str) -> ColumnElement[bool]:
    held = entity.held(name)
    several = entity.own_fields[name].kind is Kind.MULTISELECT
    found: ColumnElement[bool] = held.contains([value]) if several else held == value
    return found


def _stored(entity: Entity, name: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The content of the column that keeps this field, with `value` in it."""
    key = entity.own_fields[name].key
    if not key:
        return value
    custom = entity.model.__table__.c.custom
    put = func.jsonb_set(custom, cast([key], ARRAY(Text)), func.to_jsonb(value))
    return case((value.is_(None), custom.op("-")(key)), else_=put)


def _edge(uow: UnitOfWork, edge: str) -> int:
    """The first transaction that has not begun yet (`xmax`), or the oldest that runs (`xmin`)."""
    number = text(f"SELECT pg_snapshot_{edge}(pg_current_snapshot())::text::bigint")
    return int(uow.session.scalars(number).one())
