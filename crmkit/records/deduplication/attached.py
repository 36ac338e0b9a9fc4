"""What hangs on a record besides its fields: handed to a survivor and given back, or moved on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, exists, or_, select, text

from crmkit.entity import Entity
from crmkit.records.annotations import followers, recent, tags
from crmkit.records.annotations.comments import threads
from crmkit.records.reading.rendering import to_json, to_json_types
from crmkit.records.relations import record_links
from crmkit.unit_of_work import UnitOfWork

MOVING: tuple[Callable[[UnitOfWork, Entity, Sequence[str], str], None], ...] = (
    tags.move,
    threads.move,
    followers.move,
    recent.move,
)
"""How each behaviour hands over what it keeps of the losers."""

_KEYED = {str(table.name): table for table in (tags.record_tag, followers.follower)}
"""What a record has once of each kind: given back to the loser, and taken from the survivor."""

_LASTING = (tags.record_tag, threads.comment, followers.follower, record_links.record_link)


def hangs_on(record_id: str) -> ColumnElement[bool]:
    """SQL: whether anything hangs on the record that `move_on` would move."""
    return or_(*(exists().where(table.c.record_id == record_id) for table in _LASTING))


def move_on(uow: UnitOfWork, source: record_links.Side, target: record_links.Side) -> None:
    """Let tags, comments, followers and links by hand of one record hang on another, for good.

    The two may be of different entities of this service, with their states.
    """
    entity, record = target
    for move in (tags.move, threads.move, followers.move):
        move(uow, entity, [source[1]["id"]], record["id"])
    record_links.move(uow, source, target)


def hand_over(
    uow: UnitOfWork, entity: Entity, losers: Sequence[str], survivor_id: str
) -> dict[str, Any]:
    """Hang everything on the survivor; what is needed to give it back, in JSON's types."""
    comment = threads.comment.c
    theirs = comment.record_id.in_(losers)
    said = uow.session.execute(select(comment.id, comment.record_id).where(theirs)).all()
    kept: dict[str, Any] = {"comments": [[row.id, row.record_id] for row in said]}
    for name, table in _KEYED.items():
        kept[name] = _rows(uow, table, losers)
        kept[f"own_{name}"] = _rows(uow, table, [survivor_id])
    for move in MOVING:
        move(uow, entity, losers, survivor_id)
    return kept


def give_back(uow: UnitOfWork, kept: Mapping[str, Any], survivor_id: str) -> None:
    """Undo `hand_over` for what still hangs on the survivor."""
    said = [{"id": comment_id, "record_id": loser} for comment_id, loser in kept["comments"]]
    given = {"rows": to_json(said).decode(), "survivor_id": survivor_id}
    uow.session.execute(_COMMENTS, given)
    for name, table in _KEYED.items():
        key = [c.name for c in table.primary_key if c.name != "record_id"]
        own = {tuple(row[n] for n in key) for row in kept[f"own_{name}"]}
        came = [row for row in kept[name] if tuple(row[n] for n in key) not in own]
        same = " AND ".join(f"held.{n} = gone.{n}" for n in key)
        taken = text(
            f"DELETE FROM {name} AS held USING "  # noqa: S608 - names of our own tables
            f"jsonb_populate_recordset(CAST(NULL AS {name}), CAST(:rows AS jsonb)) AS gone "
            f"WHERE held.record_id = CAST(:survivor_id AS uuid) AND {same}"
        )
        given = {"rows": to_json(came).decode(), "survivor_id": survivor_id}
        uow.session.execute(taken, given)
        back = text(
            f"INSERT INTO {name} SELECT * FROM "  # noqa: S608 - names of our own tables
            f"jsonb_populate_recordset(CAST(NULL AS {name}), CAST(:rows AS jsonb)) "
            "ON CONFLICT DO NOTHING"
        )
        uow.session.execute(back, {"rows": to_json(kept[name]).decode()})


_COMMENTS = text("""
    UPDATE comment SET record_id = given.record_id
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given(id uuid, record_id uuid)
    WHERE comment.id = given.id AND comment.record_id = CAST(:survivor_id AS uuid)
""")


def _rows(uow: UnitOfWork, table: Table, ids: Sequence[str]) -> list[dict[str, Any]]:
    names = [str(column.name) for column in table.columns]
    found = uow.session.execute(select(table).where(table.c.record_id.in_(ids)))
    rows: list[dict[str, Any]] = to_json_types(
        [dict(zip(names, row, strict=True)) for row in found]
    )
    return rows
