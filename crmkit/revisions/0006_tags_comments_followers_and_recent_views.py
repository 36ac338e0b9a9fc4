"""Tags, comments, followers and recent views"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column(
            "thread_id", sa.Uuid(as_uuid=False), nullable=False, comment="the first of its thread"
        ),
        sa.Column("parent_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("author_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("body", sa.Text(), nullable=True, comment="empty once it was deleted"),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("mentions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_comment_record_id_id", "comment", ["record_id", "id"], unique=False)
    op.create_index("ix_comment_thread_id", "comment", ["thread_id"], unique=False)
    op.create_table(
        "comment_version",
        sa.Column("comment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", "version"),
    )
    op.create_table(
        "followed_until",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity"),
    )
    op.create_table(
        "follower",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "user_id"),
    )
    op.create_index("ix_follower_user_id", "follower", ["user_id", "record_id"], unique=False)
    op.create_table(
        "recent_view",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "record_id"),
    )
    op.create_index("ix_recent_view_record_id", "recent_view", ["record_id"], unique=False)
    op.create_table(
        "record_tag",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False, comment="the word as it is compared"),
        sa.Column("name", sa.Text(), nullable=False, comment="the word as it was written"),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("tagged_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "owner_id", "tag"),
    )
    op.create_index(
        "ix_record_tag_owner_id_tag", "record_tag", ["owner_id", "tag", "record_id"], unique=False
    )
    op.create_table(
        "tag_change",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tag_change_owner_id_at", "tag_change", ["owner_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_tag_change_owner_id_at", table_name="tag_change")
    op.drop_table("tag_change")
    op.drop_index("ix_record_tag_owner_id_tag", table_name="record_tag")
    op.drop_table("record_tag")
    op.drop_index("ix_recent_view_record_id", table_name="recent_view")
    op.drop_table("recent_view")
    op.drop_index("ix_follower_user_id", table_name="follower")
    op.drop_table("follower")
    op.drop_table("followed_until")
    op.drop_table("comment_version")
    op.drop_index("ix_comment_thread_id", table_name="comment")
    op.drop_index("ix_comment_record_id_id", table_name="comment")
    op.drop_table("comment")
