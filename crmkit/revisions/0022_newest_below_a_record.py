"""Newest below a record"""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_index(
        "ix_linked_record_owner_id",
        "linked_record",
        ["owner_id", "entity", "record_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_linked_record_owner_id", table_name="linked_record")
