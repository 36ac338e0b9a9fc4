"""Consents"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "mail_consent",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=True, comment="in lower case"),
        sa.Column("secondary_email", sa.Text(), nullable=True, comment="in lower case"),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_index(op.f("ix_mail_consent_email"), "mail_consent", ["email"], unique=False)
    op.create_index(
        op.f("ix_mail_consent_secondary_email"), "mail_consent", ["secondary_email"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_mail_consent_secondary_email"), table_name="mail_consent")
    op.drop_index(op.f("ix_mail_consent_email"), table_name="mail_consent")
    op.drop_table("mail_consent")
