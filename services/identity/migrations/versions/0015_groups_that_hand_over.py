"""Groups that hand over"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("ownership_transfer", sa.Column("group_id", sa.Uuid(as_uuid=False)))
    op.create_index(
        op.f("ix_ownership_transfer_group_id"), "ownership_transfer", ["group_id"], unique=False
    )
    op.alter_column("ownership_transfer", "user_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM ownership_transfer WHERE user_id IS NULL")
    op.alter_column("ownership_transfer", "user_id", nullable=False)
    op.drop_column("ownership_transfer", "group_id")
