"""Accounts of one name, in the bin too"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEY = sa.literal_column(
    "md5(nullif(lower(btrim(regexp_replace(CAST(name AS TEXT), '[[:space:]]+', ' ', 'g'))), ''))"
)


def upgrade() -> None:
    op.drop_index("ix_account_same_name", table_name="account")
    op.create_index("ix_account_same_name", "account", [_KEY], unique=False)


def downgrade() -> None:
    op.drop_index("ix_account_same_name", table_name="account")
    op.create_index(
        "ix_account_same_name",
        "account",
        [_KEY],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
