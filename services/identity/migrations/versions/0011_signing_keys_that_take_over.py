"""Signing keys that take over"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("signing_key_pair", sa.Column("signs_from", sa.DateTime(timezone=True)))
    op.execute("UPDATE signing_key_pair SET signs_from = created_at")
    op.alter_column("signing_key_pair", "signs_from", nullable=False)


def downgrade() -> None:
    op.drop_column("signing_key_pair", "signs_from")
