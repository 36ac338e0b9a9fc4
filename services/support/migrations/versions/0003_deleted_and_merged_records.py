"""Deleted and merged records"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index(
        "ix_ticket_deleted_at",
        "ticket",
        ["deleted_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_ticket_deleted_at",
        table_name="ticket",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
