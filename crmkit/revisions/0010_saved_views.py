"""Saved views"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sort", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metric", sa.Boolean(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("shared_with", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entity", "owner_id", "name"),
    )
    op.create_table(
        "view_default",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "entity"),
    )
    op.create_index(op.f("ix_view_default_view"), "view_default", ["view"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_view_default_view"), table_name="view_default")
    op.drop_table("view_default")
    op.drop_table("saved_view")
