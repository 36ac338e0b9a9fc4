"""Events of jobs"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    bulk = sa.Column("bulk", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("outbox", bulk)
    op.drop_index("outbox_unsent", table_name="outbox")
    unsent = sa.text("sent_at IS NULL")
    op.create_index("outbox_unsent", "outbox", ["bulk", "seq"], postgresql_where=unsent)


def downgrade() -> None:
    op.drop_index("outbox_unsent", table_name="outbox")
    op.drop_column("outbox", "bulk")
    unsent = sa.text("sent_at IS NULL")
    op.create_index("outbox_unsent", "outbox", ["seq"], postgresql_where=unsent)
