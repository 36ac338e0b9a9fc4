"""Deleted and merged records"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "merge",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column(
            "before",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the survivor's values that were replaced",
        ),
        sa.Column(
            "after",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what they were replaced by",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_merge_survivor_id", "merge", ["survivor_id", "at"], unique=False)
    op.create_table(
        "merged_record",
        sa.Column("loser_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("merge_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("survivor_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("loser_id"),
    )
    op.create_index(op.f("ix_merged_record_merge_id"), "merged_record", ["merge_id"], unique=False)
    op.create_index(
        op.f("ix_merged_record_survivor_id"), "merged_record", ["survivor_id"], unique=False
    )
    op.create_table(
        "moved_reference",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("target_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("moved_to", sa.Uuid(as_uuid=False), nullable=True, comment="null: emptied"),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("line_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_moved_reference_record_id", "moved_reference", ["record_id"], unique=False)
    op.create_index(
        "ix_moved_reference_target_id", "moved_reference", ["target_id", "seq"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_moved_reference_target_id", table_name="moved_reference")
    op.drop_index("ix_moved_reference_record_id", table_name="moved_reference")
    op.drop_table("moved_reference")
    op.drop_index(op.f("ix_merged_record_survivor_id"), table_name="merged_record")
    op.drop_index(op.f("ix_merged_record_merge_id"), table_name="merged_record")
    op.drop_table("merged_record")
    op.drop_index("ix_merge_survivor_id", table_name="merge")
    op.drop_table("merge")
