"""Following: whoever stars a record is told what happens to it (spec 1.0), if they still see it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import insert

from contracts.caller import system_caller
from crmkit.db import KIT, Database
from crmkit.entity import Entity
from crmkit.records import store
from crmkit.records.annotations import notices
from crmkit.records.callers import as_caller
from crmkit.records.history import history
from crmkit.records.relations import naming
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork

_AT_ONCE = 1000
"""Writes looked through in one transaction."""

follower = Table(
    "follower",
    KIT,
    Column("record_id", Uuid(as_uuid=False), primary_key=True),
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_follower_user_id", "user_id", "record_id"),
)

followed_until = Table(
    "followed_until",
    KIT,
    Column("entity", Text, primary_key=True),
    Column("xid", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
"""How far followers have been told of each entity's history."""

_SAFE = text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def follow(uow: UnitOfWork, entity: Entity, key: str) -> None:
    """The caller follows the record from now on. Raises Problem 404."""
    record_id = store.read(uow, entity, key)["id"]
    row = {
        "record_id": record_id,
        "user_id": uow.caller.user_id,
        "entity": entity.name,
        "at": uow.at,
    }
    uow.session.execute(insert(follower).values(row).on_conflict_do_nothing())
    beginning = select(literal(entity.name), _SAFE, literal(0))
    start = insert(followed_until).from_select(["entity", "xid", "seq"], beginning)
    uow.session.execute(start.on_conflict_do_nothing())


def unfollow(uow: UnitOfWork, entity: Entity, key: str) -> None:
    """The caller follows it no more; not to have followed it is no mistake. Raises Problem 404."""
    record_id = store.read(uow, entity, key)["id"]
    uow.session.execute(
        delete(follower).where(
            follower.c.record_id == record_id, follower.c.user_id == uow.caller.user_id
        )
    )


def followed(uow: UnitOfWork, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """The records of this service that the caller follows and sees."""
    mine = select(follower.c.record_id).where(follower.c.user_id == uow.caller.user_id)
    return naming.page(uow, lambda _, record_id: record_id.in_(mine), limit=limit, cursor=cursor)


def expression(uow: UnitOfWork, record_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """SQL: whether the caller follows the record."""
    mine = (follower.c.record_id == record_id, follower.c.user_id == uow.caller.user_id)
    return exists().where(*mine).correlate_except(follower)


def held(
    uow: UnitOfWork, record_id: ColumnElement[Any], operator: str, values: Sequence[Any]
) -> ColumnElement[bool]:
    """`filter[starred]`: whether following is, or is not, what was asked for; it is never empty."""
    if operator == "empty":
        return true()
    mine = select(follower.c.record_id).where(follower.c.user_id == uow.caller.user_id)
    yes, no = record_id.in_(mine), record_id.not_in(mine)
    return or_(*(yes if value else no for value in values))


def tell_all(database: Database, entities: Mapping[str, Entity]) -> None:
    """Tell the followers of every entity's records what happened since they were last told."""
    for entity in entities.values():
        waiting = True
        while waiting:
            with journal.unit_of_work(database, system_caller(), entities) as uow:
                waiting = tell_some(uow, entity)


def tell_some(uow: UnitOfWork, entity: Entity) -> bool:
    """Tell the followers of an entity's records what happened lately; whether more may wait.

    All that happened to a record becomes one notice for each follower who sees it now; what one
    did oneself is no news. Several copies of a service share the work by entity.
    """
    taken = (
        select(followed_until)
        .where(followed_until.c.entity == entity.name)
        .with_for_update(skip_locked=True)
    )
    place = uow.session.execute(taken).one_or_none()
    if place is None:
        return False
    columns = history.c
    lately = (
        select(history)
        .where(
            columns.entity == entity.name,
            func.row(columns.xid, columns.seq) > func.row(place.xid, place.seq),
            columns.xid < _SAFE,
        )
        .order_by(columns.xid, columns.seq)
        .limit(_AT_ONCE)
        .cte("lately")
    )
    told = (
        select(lately, follower.c.user_id)
        .join(
            follower,
            (follower.c.record_id == lately.c.record_id)
            & (follower.c.at < lately.c.at)
            & (follower.c.user_id != lately.c.actor_id),
            isouter=True,
        )
        .order_by(lately.c.xid, lately.c.seq)
    )
    rows = [dict(row) for row in uow.session.execute(told).mappings()]
    if not rows:
        return False
    end = {"xid": rows[-1]["xid"], "seq": rows[-1]["seq"]}
    uow.session.execute(
        followed_until.update().where(followed_until.c.entity == entity.name).values(end)
    )
    happened: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["user_id"] is not None:
            happened.setdefault((row["user_id"], row["record_id"]), []).append(row)
    for (user_id, record_id), writes in happened.items():
        reader = as_caller(uow.session, user_id)
        if reader is not None:
            events = [notices.happening(write) for write in writes]
            notices.give(uow, entity, record_id, reader, "followed", events)
    return len({row["seq"] for row in rows}) == _AT_ONCE


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """Nobody follows what is gone for good."""
    del entity
    uow.session.execute(delete(follower).where(follower.c.record_id.in_(ids)))


def move(uow: UnitOfWork, entity: Entity, losers: Sequence[str], survivor: str) -> None:
    """Whoever followed a record follows the one into which it was merged."""
    names = ["record_id", "user_id", "entity", "at"]
    rows = select(
        literal(survivor, Uuid(as_uuid=False)),
        follower.c.user_id,
        literal(entity.name),
        func.min(follower.c.at),
    )
    rows = rows.where(follower.c.record_id.in_(losers)).group_by(follower.c.user_id)
    uow.session.execute(insert(follower).from_select(names, rows).on_conflict_do_nothing())
    forget(uow, entity, losers)
