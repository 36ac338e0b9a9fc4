"""Privacy requests"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "privacy_part",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "content",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="what was gathered for an export",
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index(
        op.f("ix_privacy_part_expires_at"), "privacy_part", ["expires_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_privacy_part_expires_at"), table_name="privacy_part")
    op.drop_table("privacy_part")
