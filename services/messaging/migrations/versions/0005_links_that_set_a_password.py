"""Links that set a password"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("email", sa.Column("secret", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("email", "secret")
