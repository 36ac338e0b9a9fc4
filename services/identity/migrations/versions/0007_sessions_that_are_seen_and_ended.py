"""Sessions that are seen and ended"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "session", sa.Column("method", sa.Text(), server_default="password", nullable=False)
    )
    op.add_column("session", sa.Column("address", sa.Text(), server_default="", nullable=False))
    op.add_column("session", sa.Column("device", sa.Text(), server_default="", nullable=False))
    op.add_column("session", sa.Column("secret", sa.LargeBinary()))
    op.add_column("session", sa.Column("last_used_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE session SET last_used_at = created_at,"
        " secret = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
    )
    op.alter_column("session", "secret", nullable=False)
    op.alter_column("session", "last_used_at", nullable=False)


def downgrade() -> None:
    op.drop_column("session", "last_used_at")
    op.drop_column("session", "secret")
    op.drop_column("session", "device")
    op.drop_column("session", "address")
    op.drop_column("session", "method")
