"""Wanted indexes"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "wanted_index",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("record_table", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("wanted_index")
