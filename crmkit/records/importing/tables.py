"""What was sent to be imported and what came of it, and mappings kept under a name."""

from sqlalchemy import Column, DateTime, Index, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from crmkit.db import KIT

record_import = Table(
    "record_import",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("actor_id", Uuid(as_uuid=False), nullable=False),
    Column("name", Text, nullable=False),
    Column("source_id", Uuid(as_uuid=False), nullable=False),
    Column("rows_id", Uuid(as_uuid=False), nullable=False),
    Column("found", JSONB, nullable=False),
    Column("plan", JSONB(none_as_null=True)),
    Column("check_id", Uuid(as_uuid=False)),
    Column("run_id", Uuid(as_uuid=False)),
    Column("undo_id", Uuid(as_uuid=False)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_record_import_entity_id", "entity", "id"),
)
"""`source_id` and `rows_id` are kept files: what was sent, and the rows that were read in it.
`check_id`, `run_id` and `undo_id` are the last jobs of each sort."""

import_mapping = Table(
    "import_mapping",
    KIT,
    Column("entity", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("actor_id", Uuid(as_uuid=False), nullable=False),
    Column("plan", JSONB, nullable=False),
    Column("modified_at", DateTime(timezone=True), nullable=False),
)
