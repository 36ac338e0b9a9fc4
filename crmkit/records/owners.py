"""Who owns what a user or group would have that has left: whoever it handed its records over to."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Table, Uuid, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from crmkit.db import KIT
from crmkit.records.principals import principal
from crmkit.records.rights.tables import group

ownership_successor = Table(
    "ownership_successor",
    KIT,
    Column("owner_id", Uuid(as_uuid=False), primary_key=True),
    Column("successor_id", Uuid(as_uuid=False), nullable=False),
)
"""The last transfer of each user and group that has left."""

_FURTHEST = 100
"""Who came back and left again may be their own successor."""


def succeed(session: Session, owner_id: str, successor_id: str) -> None:
    """Keep who gets the records of whom; a later transfer of the same owner replaces it."""
    row = {"owner_id": owner_id, "successor_id": successor_id}
    new = insert(ownership_successor).values(row)
    session.execute(new.on_conflict_do_update(index_elements=["owner_id"], set_=row))


def of_now(session: Session, owner_id: str) -> str | None:
    """Who is to have what this owner had: themselves if they are here, else the one who took over,
    or whoever took over from that one. None if nobody of these is here.
    """
    names = ownership_successor.c
    way = select(literal(owner_id, Uuid(as_uuid=False)).label("id"), literal(0).label("step")).cte(
        "way", recursive=True
    )
    further = select(names.successor_id, way.c.step + 1).join(way, names.owner_id == way.c.id)
    way = way.union_all(further.where(way.c.step < _FURTHEST))
    here = union_all(
        select(principal.c.user_id).where(principal.c.active),
        select(group.c.group_id).where(~group.c.deleted),
    )
    found = select(way.c.id).where(way.c.id.in_(here)).order_by(way.c.step).limit(1)
    owner: str | None = session.scalar(found)
    return owner


def with_owner_of_now(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """The former values that a record gets back, with an owner who is here.

    Without `owner_id`, so that the owner stays, if neither the former one nor a successor is.
    """
    back = dict(values)
    former = back.pop("owner_id", None)
    if former is not None and (owner := of_now(session, former)) is not None:
        back["owner_id"] = owner
    return back
