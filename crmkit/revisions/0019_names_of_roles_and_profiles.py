"""Names of roles and profiles"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("role", sa.Column("name", sa.Text()))
    op.add_column("profile_copy", sa.Column("name", sa.Text()))


def downgrade() -> None:
    op.drop_column("profile_copy", "name")
    op.drop_column("role", "name")
