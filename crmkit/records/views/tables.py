"""Where saved views are kept, and which one each person's list starts with."""

from sqlalchemy import Boolean, Column, DateTime, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from crmkit.db import KIT

saved_view = Table(
    "saved_view",
    KIT,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("owner_id", Uuid(as_uuid=False), nullable=False),
    Column("name", Text, nullable=False),
    Column("columns", JSONB, nullable=False),
    Column("filter", JSONB, nullable=False),
    Column("sort", JSONB, nullable=False),
    Column("metric", Boolean, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("shared_with", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("modified_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("entity", "owner_id", "name"),
)

view_default = Table(
    "view_default",
    KIT,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("view", Text, nullable=False, index=True),
)
