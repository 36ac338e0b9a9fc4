"""Rows of jobs that tell of records"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_index(
        "ix_job_row_telling",
        "job_row",
        ["record_id"],
        unique=False,
        postgresql_where=sa.text("problem IS NOT NULL OR undo IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_job_row_telling", table_name="job_row")
