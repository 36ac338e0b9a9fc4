"""Merged records in two services"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("linked_record", sa.Column("merged_into", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column(
        "merge",
        sa.Column(
            "taken",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what its losers were parted from",
        ),
    )


def downgrade() -> None:
    op.drop_column("merge", "taken")
    op.drop_column("linked_record", "merged_into")
