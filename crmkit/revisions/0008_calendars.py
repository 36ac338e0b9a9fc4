"""Calendars"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "organisation_copy",
        sa.Column("organisation_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("fiscal_month", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id"),
    )
    op.add_column(
        "principal", sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False)
    )
    op.add_column(
        "principal", sa.Column("first_weekday", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("principal", "first_weekday")
    op.drop_column("principal", "time_zone")
    op.drop_table("organisation_copy")
