"""Where a service keeps what its administrators have changed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from crmkit.db import KIT

custom_field = Table(
    "custom_field",
    KIT,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("shape", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("deleted_at", DateTime(timezone=True)),
    Index(
        "uq_custom_field_entity_name",
        "entity",
        "name",
        unique=True,
        postgresql_where=text("deleted_at IS NULL"),
    ),
)
"""Administrators' own fields. Values are kept under the `id`, so that a name used again after its
field was deleted never meets the values of the former one. `shape` is what cannot be set later.
A deleted field stays until its values have been taken out of the records."""

field_setting = Table(
    "field_setting",
    KIT,
    Column("entity", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("settings", JSONB, nullable=False),
)
"""What is set of a field, declared or own: `crmkit.tailoring.OVERLAID` and how it is shown."""

entity_setting = Table(
    "entity_setting",
    KIT,
    Column("entity", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
)
"""What is set of an entity as a whole, by the name its behaviour gives it: `active`, `layout`, …"""

tailoring_version = Table(
    "tailoring_version",
    KIT,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("version", BigInteger, nullable=False),
)
"""One row, counted up by every change of the tables above: what every process compares."""

wanted_index = Table(
    "wanted_index",
    KIT,
    Column("name", Text, primary_key=True),
    Column("record_table", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("wanted", Boolean, nullable=False, server_default=text("true")),
    Column("problem", Text),
    Column("not_before", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("wanted_until", DateTime(timezone=True)),
)
"""Indexes that settings and imports ask for, made and dropped beside the running service
(`indexes.py`). `definition` is what follows CREATE; `problem` why the last try failed;
`wanted_until` is of those that are lent."""
