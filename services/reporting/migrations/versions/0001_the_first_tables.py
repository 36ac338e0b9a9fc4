"""The first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "fact",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=True),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="0 until the first state is written"
        ),
        sa.PrimaryKeyConstraint("entity", "record_id"),
    )
    op.create_index("ix_fact_entity_owner_id", "fact", ["entity", "owner_id"], unique=False)
    op.create_table(
        "pipeline_summary",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("opportunities", sa.Numeric(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("forecast_amount", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "owner_id"),
    )
    op.create_table(
        "record_summary",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("records", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "owner_id"),
    )
    op.create_table(
        "sales_summary",
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("orders", sa.Numeric(), nullable=False),
        sa.Column("units", sa.Numeric(), nullable=False),
        sa.Column("shipped_units", sa.Numeric(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("dimension", "key", "owner_id"),
    )


def downgrade() -> None:
    op.drop_table("sales_summary")
    op.drop_table("record_summary")
    op.drop_table("pipeline_summary")
    op.drop_index("ix_fact_entity_owner_id", table_name="fact")
    op.drop_table("fact")
