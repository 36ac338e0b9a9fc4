"""Accounts of one name"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index(
        "ix_account_same_name",
        "account",
        [
            sa.literal_column(
                "md5(nullif(lower(btrim(regexp_replace(CAST(name AS TEXT), '[[:space:]]+', ' ', 'g'))), ''))"
            )
        ],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_account_same_name", table_name="account", postgresql_where=sa.text("deleted_at IS NULL")
    )
