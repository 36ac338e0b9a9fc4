"""Calendars"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    column = sa.Column("first_day_of_week", sa.Text(), server_default="Monday", nullable=False)
    op.add_column("user_account", column)
    op.alter_column("user_account", "first_day_of_week", server_default=None)


def downgrade() -> None:
    op.drop_column("user_account", "first_day_of_week")
