"""Recently viewed: the last records each person opened (spec 1.29), noted behind their back.

A read pays nothing for it: what was opened is remembered for a second and then written down for
everybody at once. A process that is killed forgets that second.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Column, DateTime, Index, Table, Text, Uuid, delete, select, text
from sqlalchemy.orm import Session

from crmkit.db import KIT
from crmkit.entity import Entity
from crmkit.records.reading.rendering import to_json
from crmkit.records.relations import naming
from crmkit.unit_of_work import UnitOfWork

MOST = 50
"""Records remembered for each person."""
_MOST_WAITING = 10_000

recent_view = Table(
    "recent_view",
    KIT,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("record_id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_recent_view_record_id", "record_id"),
)

_ROWS = (
    "jsonb_to_recordset(CAST(:rows AS jsonb)) "
    "AS row(user_id uuid, record_id uuid, entity text, at timestamptz)"
)
_NOTE = text(
    "INSERT INTO recent_view (user_id, record_id, entity, at) "  # noqa: S608 - our own names
    f"SELECT user_id, record_id, entity, at FROM {_ROWS} ORDER BY user_id, record_id "
    "ON CONFLICT (user_id, record_id) DO UPDATE SET at = greatest(recent_view.at, excluded.at)"
)
_PRUNE = text("""
    DELETE FROM recent_view USING (
        SELECT user_id, record_id, row_number() OVER (
            PARTITION BY user_id ORDER BY at DESC, record_id) AS place
        FROM recent_view WHERE user_id = ANY(CAST(:users AS uuid[]))
    ) ranked
    WHERE ranked.place > :most AND recent_view.user_id = ranked.user_id
        AND recent_view.record_id = ranked.record_id
""")


class Viewed(naming.Named):
    """A record, and when the caller opened it last."""

    at: datetime


class Recent(BaseModel):
    """What the caller has opened, the latest first."""

    items: list[Viewed]


class Views:
    """What people of this process have opened since it was last written down."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], tuple[str, datetime]] = {}

    def note(self, user_id: str, entity: Entity, record_id: str) -> None:
        """Remember that somebody opened a record."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting[user_id, record_id] = (entity.name, datetime.now(UTC))

    def write(self, session: Session) -> None:
        """Write down what waits; it is forgotten here even if the transaction fails."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        rows = [
            {"user_id": user_id, "record_id": record_id, "entity": entity, "at": at}
            for (user_id, record_id), (entity, at) in waiting.items()
        ]
        session.execute(_NOTE, {"rows": to_json(rows).decode()})
        users = sorted({user_id for user_id, _ in waiting})
        session.execute(_PRUNE, {"users": users, "most": MOST})


def of_caller(uow: UnitOfWork) -> list[dict[str, Any]]:
    """What the caller has opened and still sees, the latest first."""
    query = select(recent_view.c.record_id, recent_view.c.at)
    query = query.where(recent_view.c.user_id == uow.caller.user_id)
    opened = {row.record_id: row.at for row in uow.session.execute(query)}
    if not opened:
        return []
    ids = list(opened)
    found = naming.page(uow, lambda _, record_id: record_id.in_(ids), limit=len(ids))["items"]
    viewed = [{**item, "at": opened[item["id"]]} for item in found]
    return sorted(viewed, key=lambda item: item["at"], reverse=True)


def forget(uow: UnitOfWork, entity: Entity, ids: Sequence[str]) -> None:
    """Nobody has viewed what is gone for good."""
    del entity
    uow.session.execute(delete(recent_view).where(recent_view.c.record_id.in_(ids)))


def move(uow: UnitOfWork, entity: Entity, losers: Sequence[str], survivor: str) -> None:
    """Merged records leave the lists; the survivor appears when it is opened."""
    del survivor
    forget(uow, entity, losers)
