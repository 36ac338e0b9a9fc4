"""Rows of jobs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "job_row",
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column(
            "problem", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "undo", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_job_row_outcome", "job_row", ["job_id", "outcome", "row"], unique=False)
    op.create_index("uq_job_row_job_id_row", "job_row", ["job_id", "row"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_job_row_job_id_row", table_name="job_row")
    op.drop_index("ix_job_row_outcome", table_name="job_row")
    op.drop_table("job_row")
