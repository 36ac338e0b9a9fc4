"""Picklists of other services, as administrators have made them: their order and their new names.

Records that follow a rename tell nothing of it: what was told of them before is read with the new
names, and what was summed up under an old name moves to the new one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Table, Text, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.reporting.entities import Base

Renames = Mapping[str, Sequence[Mapping[str, Any]]]
"""By field, in the order of time: `old`, `new`, and `until`, when a new value took the old name."""

picklist_copy = Table(
    "picklist_copy",
    Base.metadata,
    Column("picklist", Text, primary_key=True, comment="entity.field"),
    Column("entity", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("choices", JSONB, nullable=False),
    Column("replaced", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
)

_KEY = 7_265_110
"""Of the advisory lock that lets no sum change while names do."""
SHARED = f"(SELECT pg_advisory_xact_lock_shared({_KEY})) IS NOT NULL"
EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock({_KEY})")

RENAMES = (
    "(SELECT jsonb_object_agg(field, replaced) FROM picklist_copy "
    "WHERE picklist_copy.entity = fact.entity AND replaced <> '[]')"
)
"""In SQL, the Renames of a fact's entity; null for most."""


def order_of(session: Session, picklist: str) -> Sequence[str]:
    """The values in their order; none before an administrator has changed them."""
    query = select(picklist_copy.c.choices).where(picklist_copy.c.picklist == picklist)
    return session.scalar(query) or ()


def renamed(
    state: Mapping[str, Any], told_at: datetime | None, renames: Renames | None
) -> Mapping[str, Any]:
    """A record's state that was told at this time, in the names of now."""
    if not renames:
        return state
    told = dict(state)
    for field, replaced in renames.items():
        for one in replaced:
            if told.get(field) == one["old"] and not _taken_again(one, told_at):
                told[field] = one["new"]
    return told


def _taken_again(one: Mapping[str, Any], told_at: datetime | None) -> bool:
    """Whether what was told then means the value that took the old name."""
    if one["until"] is None or told_at is None:
        return False
    return told_at >= datetime.fromisoformat(one["until"])
