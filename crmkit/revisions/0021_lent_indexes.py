"""Lent indexes"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_DROP = """
    DO $$ DECLARE one text; BEGIN
        FOR one IN SELECT name FROM wanted_index WHERE name ~ '_duplicates_[0-4]$'
        LOOP EXECUTE format('DROP INDEX IF EXISTS %I', one); END LOOP;
    END $$
"""


def upgrade() -> None:
    op.add_column("wanted_index", sa.Column("wanted_until", sa.DateTime(timezone=True)))
    # A definition says itself of which rows its index is: of duplicates it is made anew, of all.
    op.execute(
        "UPDATE wanted_index SET definition = definition || ' WHERE deleted_at IS NULL' "
        "WHERE name !~ '_duplicates_[0-4]$'"
    )
    op.execute(_DROP)


def downgrade() -> None:
    op.execute("UPDATE wanted_index SET wanted = false WHERE wanted_until IS NOT NULL")
    op.execute(
        "UPDATE wanted_index SET definition = replace(definition, ' WHERE deleted_at IS NULL', '')"
    )
    op.drop_column("wanted_index", "wanted_until")
