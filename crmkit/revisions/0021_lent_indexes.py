"""Lent indexes"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("wanted_index", sa.Column("wanted_until", sa.DateTime(timezone=True)))
    # A definition says itself of which rows its index is.
    op.execute("UPDATE wanted_index SET definition = definition || ' WHERE deleted_at IS NULL'")


def downgrade() -> None:
    op.execute("UPDATE wanted_index SET wanted = false WHERE wanted_until IS NOT NULL")
    op.execute(
        "UPDATE wanted_index SET definition = replace(definition, ' WHERE deleted_at IS NULL', '')"
    )
    op.drop_column("wanted_index", "wanted_until")
