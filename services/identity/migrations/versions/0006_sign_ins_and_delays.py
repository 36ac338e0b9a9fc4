"""Sign-ins and delays"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sign_in_at", "sign_in", ["at"], unique=False)
    op.create_index(
        "ix_sign_in_failed",
        "sign_in",
        ["at"],
        unique=False,
        postgresql_where=sa.text("outcome != 'signed_in'"),
    )
    op.create_index(
        "ix_sign_in_known",
        "sign_in",
        ["user_id", "network"],
        unique=False,
        postgresql_where=sa.text("outcome = 'signed_in'"),
    )
    op.create_index("ix_sign_in_user_id_id", "sign_in", ["user_id", "id"], unique=False)
    op.create_table(
        "sign_in_delay",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_sign_in_delay_last_at"), "sign_in_delay", ["last_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sign_in_delay_last_at"), table_name="sign_in_delay")
    op.drop_table("sign_in_delay")
    op.drop_index("ix_sign_in_user_id_id", table_name="sign_in")
    op.drop_index(
        "ix_sign_in_known", table_name="sign_in", postgresql_where=sa.text("outcome = 'signed_in'")
    )
    op.drop_index(
        "ix_sign_in_failed",
        table_name="sign_in",
        postgresql_where=sa.text("outcome != 'signed_in'"),
    )
    op.drop_index("ix_sign_in_at", table_name="sign_in")
    op.drop_table("sign_in")
