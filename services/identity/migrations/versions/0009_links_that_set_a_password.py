"""Links that set a password"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "password_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(
        op.f("ix_password_link_expires_at"), "password_link", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_password_link_user_id"), "password_link", ["user_id"], unique=False)
    op.drop_index("ix_sign_in_known", table_name="sign_in")
    _index_known("outcome IN ('signed_in', 'password_set')")


def _index_known(which: str) -> None:
    op.create_index(
        "ix_sign_in_known",
        "sign_in",
        ["user_id", "network"],
        unique=False,
        postgresql_where=sa.text(which),
    )


def downgrade() -> None:
    op.drop_index("ix_sign_in_known", table_name="sign_in")
    _index_known("outcome = 'signed_in'")
    op.drop_index(op.f("ix_password_link_user_id"), table_name="password_link")
    op.drop_index(op.f("ix_password_link_expires_at"), table_name="password_link")
    op.drop_table("password_link")
