"""Records that were merged into another: who answers for them now, and what the merge changed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from contracts.errors import Moved, Problem, not_found
from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records import access
from crmkit.unit_of_work import UnitOfWork

merge = Table(
    "merge",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("survivor_id", Uuid(as_uuid=False), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_id", Uuid(as_uuid=False), nullable=False),
    Column("before", JSONB, nullable=False, comment="the survivor's values that were replaced"),
    Column("after", JSONB, nullable=False, comment="what they were replaced by"),
    Column("taken", JSONB, nullable=False, comment="what its losers were parted from"),
    Index("ix_merge_survivor_id", "survivor_id", "at"),
)

merged_record = Table(
    "merged_record",
    KIT,
    Column("loser_id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("merge_id", Uuid(as_uuid=False), nullable=False, index=True),
    Column("survivor_id", Uuid(as_uuid=False), nullable=False, index=True),
)
"""One row for each record that went into another; it goes when the merge is undone."""


def elsewhere(uow: UnitOfWork, entity: Entity, named: ColumnElement[bool], key: str) -> Problem:
    """Why there is no record that the caller calls `key`: another answers for it, or there is none.

    `named` is the clause for the record of that name. A survivor may have been merged again.
    """
    table = entity.model.__table__
    way = (
        select(merged_record.c.survivor_id)
        .join(table, table.c.id == merged_record.c.loser_id)
        .where(named)
        .cte("way", recursive=True)
    )
    further = select(merged_record.c.survivor_id)
    way = way.union(further.join(way, way.c.survivor_id == merged_record.c.loser_id))
    survivor = select(table.c.id).where(
        table.c.id.in_(select(way.c.survivor_id)),
        table.c.deleted_at.is_(None),
        access.visible(entity, uow.caller),
    )
    survivor_id = uow.session.scalar(survivor)
    return not_found() if survivor_id is None else Moved(key, survivor_id)


def gone_into(survivors: Any) -> Select[Any]:
    """The ids of all records that, over however many merges, have become one of `survivors`."""
    losers = (
        select(merged_record.c.loser_id)
        .where(merged_record.c.survivor_id.in_(survivors))
        .cte("losers", recursive=True)
    )
    more = select(merged_record.c.loser_id)
    losers = losers.union(more.join(losers, losers.c.loser_id == merged_record.c.survivor_id))
    return select(losers.c.loser_id)


def forget(uow: UnitOfWork, _entity: Entity, ids: Sequence[str]) -> None:
    """No trace of who was merged into these records, or which of them into another."""
    known = merged_record.c
    mine = or_(known.survivor_id.in_(ids), known.loser_id.in_(ids))
    uow.session.execute(delete(merged_record).where(mine))
    uow.session.execute(delete(merge).where(merge.c.survivor_id.in_(ids)))


def is_merged(table: Any) -> ColumnElement[bool]:
    """The clause that is true for rows of `table` that live on in another record."""
    clause: ColumnElement[bool] = (
        select(merged_record.c.loser_id).where(merged_record.c.loser_id == table.c.id).exists()
    )
    return clause
