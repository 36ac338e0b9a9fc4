"""Transfers of ownership"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "ownership_transfer",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("transfer_to_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("deletes_user", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "services", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_in_round", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("modified_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "custom",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "ix_ownership_transfer_deleted_at",
        "ownership_transfer",
        ["deleted_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_ownership_transfer_transfer_to_id"),
        "ownership_transfer",
        ["transfer_to_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ownership_transfer_user_id"), "ownership_transfer", ["user_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_ownership_transfer_user_id"), table_name="ownership_transfer")
    op.drop_index(op.f("ix_ownership_transfer_transfer_to_id"), table_name="ownership_transfer")
    op.drop_index(
        "ix_ownership_transfer_deleted_at",
        table_name="ownership_transfer",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_table("ownership_transfer")
