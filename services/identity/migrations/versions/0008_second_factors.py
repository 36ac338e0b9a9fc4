"""Second factors"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "authenticator",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=True),
        sa.Column("next_seed", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "digest"),
    )
    op.create_table(
        "sign_in_challenge",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("enrol", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(
        op.f("ix_sign_in_challenge_expires_at"), "sign_in_challenge", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_sign_in_challenge_user_id"), "sign_in_challenge", ["user_id"], unique=False
    )
    op.add_column("organisation", sa.Column("second_factor_for", sa.Text()))
    op.execute("UPDATE organisation SET second_factor_for = 'nobody'")
    op.alter_column("organisation", "second_factor_for", nullable=False)
    op.add_column("user_account", sa.Column("second_factor_required", sa.Boolean()))
    op.execute("UPDATE user_account SET second_factor_required = false")
    op.alter_column("user_account", "second_factor_required", nullable=False)


def downgrade() -> None:
    op.drop_column("user_account", "second_factor_required")
    op.drop_column("organisation", "second_factor_for")
    op.drop_index(op.f("ix_sign_in_challenge_user_id"), table_name="sign_in_challenge")
    op.drop_index(op.f("ix_sign_in_challenge_expires_at"), table_name="sign_in_challenge")
    op.drop_table("sign_in_challenge")
    op.drop_table("recovery_code")
    op.drop_table("authenticator")
