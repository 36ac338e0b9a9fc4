"""Links between records"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "record_link",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("other_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("other_entity", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("linked", sa.Boolean(), nullable=False, comment="false: it was, and is no more"),
        sa.Column(
            "stamp", sa.Uuid(as_uuid=False), nullable=False, comment="a UUIDv7; the youngest holds"
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "other_id"),
    )
    op.create_index(
        "ix_record_link_other_id", "record_link", ["other_id", "entity", "record_id"], unique=False
    )
    op.add_column(
        "linked_record",
        sa.Column(
            "within_id", sa.Uuid(as_uuid=False), nullable=True, comment="the record it belongs to"
        ),
    )
    op.create_index(
        op.f("ix_linked_record_within_id"), "linked_record", ["within_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_linked_record_within_id"), table_name="linked_record")
    op.drop_column("linked_record", "within_id")
    op.drop_index("ix_record_link_other_id", table_name="record_link")
    op.drop_table("record_link")
