"""Who took over"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_KNOWN = """
INSERT INTO ownership_successor (owner_id, successor_id)
SELECT DISTINCT ON (leaver) leaver::uuid, heir::uuid
  FROM (SELECT parameters->>'user_id' AS leaver, parameters->>'transfer_to_id' AS heir, created_at
          FROM job WHERE kind = 'move_ownership') AS transfers
 ORDER BY leaver, created_at DESC
"""


def upgrade() -> None:
    op.create_table(
        "ownership_successor",
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("successor_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("owner_id"),
    )
    op.execute(_KNOWN)


def downgrade() -> None:
    op.drop_table("ownership_successor")
