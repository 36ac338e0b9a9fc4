"""Facts: the newest known state of every record of the suite, and the sums that follow from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from contracts.events.base import Event
from crmkit.records.reading.rendering import to_json
from crmkit.unit_of_work import UnitOfWork
from services.reporting import contributions
from services.reporting.entities import Base
from services.reporting.picklists import RENAMES, SHARED, renamed
from services.reporting.summaries import PIPELINE, RECORDS, SALES, Differences

LABELS: Mapping[str, tuple[str, ...]] = {
    "lead": ("first_name", "last_name"),
    "account": ("name",),
    "contact": ("first_name", "last_name"),
    "opportunity": ("name",),
    "quote": ("subject",),
    "sales_order": ("subject",),
    "shipment": ("number",),
    "invoice": ("subject",),
    "payment": ("number",),
    "product": ("name",),
    "vendor": ("name",),
    "warehouse": ("name",),
    "purchase_order": ("subject",),
    "stock_movement": ("number",),
    "ticket": ("title",),
    "email_template": ("name",),
    "email": ("subject",),
}
"""The entities reporting knows, and the fields by which people name a record of each."""

fact = Table(
    "fact",
    Base.metadata,
    Column("entity", Text, primary_key=True),
    Column("record_id", Uuid(as_uuid=False), primary_key=True),
    Column("number", Text),
    Column("label", Text),
    Column("owner_id", Uuid(as_uuid=False)),
    Column("deleted", Boolean),
    Column("state", JSONB),
    Column("told_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False, comment="0 until the first state is written"),
    Index("ix_fact_entity_owner_id", "entity", "owner_id"),
)

_KEYS = "jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(entity text, record_id uuid)"
_PREPARE = text(
    f"INSERT INTO fact (entity, record_id, version) SELECT entity, record_id, 0 FROM {_KEYS} "  # noqa: S608
    f"WHERE {SHARED} ORDER BY entity, record_id ON CONFLICT DO NOTHING"
)
# A statement of its own: only so is every row there, and all are locked in the order of their keys.
_LOCK = text(
    "SELECT entity, CAST(record_id AS text), version, deleted, state, told_at, "  # noqa: S608
    f"{RENAMES} AS renames "
    f"FROM fact JOIN {_KEYS} USING (entity, record_id) "
    "ORDER BY entity, record_id FOR UPDATE OF fact"
)
_WRITE = """
    UPDATE fact SET number = row.number, label = row.label, owner_id = row.owner_id,
        deleted = row.deleted, state = row.state, told_at = row.told_at, version = row.version
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(
        entity text, record_id uuid, number text, label text, owner_id uuid,
        deleted boolean, state jsonb, told_at timestamptz, version int)
    WHERE fact.entity = row.entity AND fact.record_id = row.record_id
"""

SUMMARISED = (
    (RECORDS, contributions.records),
    (PIPELINE, contributions.pipeline),
    (SALES, contributions.sales),
)


def apply_facts(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Take in what is newer than what is known, and add the differences to the summaries.

    A record's new contribution less the one its stored state made is the difference, so neither
    the order of events nor their repetition nor gaps between versions change any sum.
    """
    newest: dict[tuple[str, str], Event] = {}
    for event in events:
        key = (event.type.split(".")[2], event.subject)
        if key not in newest or newest[key].version < event.version:
            newest[key] = event
    wanted = [{"entity": entity, "record_id": record_id} for entity, record_id in newest]
    keys = {"rows": to_json(wanted).decode()}
    uow.session.execute(_PREPARE, keys)
    differences = [Differences() for _ in SUMMARISED]
    rows: list[dict[str, Any]] = []
    for known in uow.session.execute(_LOCK, keys).all():
        entity, record_id = known.entity, known.record_id
        event = newest[entity, record_id]
        if event.version <= known.version:
            continue
        rows.append(_row(entity, event))
        was = known.state and renamed(known.state, known.told_at, known.renames)
        now = renamed(event.data["record"], event.time, known.renames)
        for (_, contribution), difference in zip(SUMMARISED, differences, strict=True):
            if was is not None and not known.deleted:
                difference.count(contribution(entity, was), -1)
            if not event.data["deleted"]:
                difference.count(contribution(entity, now), 1)
    if rows:
        _write(uow, rows, differences)


def _write(
    uow: UnitOfWork, rows: Sequence[Mapping[str, Any]], differences: Sequence[Differences]
) -> None:
    """The facts and every sum that changes with them, in one statement."""
    parameters = {"rows": to_json(rows).decode()}
    parts = []
    for (summary, _), difference in zip(SUMMARISED, differences, strict=True):
        changed = summary.changed(difference)
        if changed:
            name = summary.table.name
            parameters[name] = to_json(changed).decode()
            parts.append(f"{name}_added AS ({summary.add})")
    preceding = f"WITH {', '.join(parts)} " if parts else ""
    uow.session.execute(text(preceding + _WRITE), parameters)


def _row(entity: str, event: Event) -> dict[str, Any]:
    """What is kept of a record; of a purged one only that older events of it come too late."""
    record = event.data["record"]
    purged = event.type.split(".")[3] == "purged"
    words = (record.get(name) for name in LABELS[entity])
    return {
        "entity": entity,
        "record_id": event.subject,
        "number": record["number"],
        "label": " ".join(word for word in words if word),
        "owner_id": record.get("owner_id"),
        "deleted": event.data["deleted"],
        "state": None if purged else record,
        "told_at": event.time,
        "version": event.version,
    }
