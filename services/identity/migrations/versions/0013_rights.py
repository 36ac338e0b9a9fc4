"""Rights"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "access_profile",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("view_all", sa.Boolean(), nullable=False),
        sa.Column("edit_all", sa.Boolean(), nullable=False),
        sa.Column(
            "modules", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "others", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(name, '') || ' ' || coalesce(description, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("modified_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "custom",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "ix_access_profile_deleted_at",
        "access_profile",
        ["deleted_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_access_profile_search",
        "access_profile",
        ["search"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "sharing_rule",
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("module", sa.Text(), nullable=False),
        sa.Column("owned_by_role_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("owned_by_subordinates", sa.Boolean(), nullable=False),
        sa.Column("owned_by_group_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("shared_with_role_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("shared_with_subordinates", sa.Boolean(), nullable=False),
        sa.Column("shared_with_group_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column(
            "related", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("modified_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "custom",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "ix_sharing_rule_deleted_at",
        "sharing_rule",
        ["deleted_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_sharing_rule_owned_by_group_id"),
        "sharing_rule",
        ["owned_by_group_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sharing_rule_owned_by_role_id"), "sharing_rule", ["owned_by_role_id"], unique=False
    )
    op.create_index(
        op.f("ix_sharing_rule_shared_with_group_id"),
        "sharing_rule",
        ["shared_with_group_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sharing_rule_shared_with_role_id"),
        "sharing_rule",
        ["shared_with_role_id"],
        unique=False,
    )
    op.create_table(
        "user_group",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "members", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(name, '') || ' ' || coalesce(description, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("modified_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "custom",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "ix_user_group_deleted_at",
        "user_group",
        ["deleted_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_user_group_search", "user_group", ["search"], unique=False, postgresql_using="gin"
    )
    jsonb = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    for table, column, existing in (
        ("organisation", sa.Column("sharing", jsonb, server_default="{}", nullable=False), True),
        ("user_role", sa.Column("profile_ids", jsonb, nullable=True), False),
        (
            "user_role",
            sa.Column("assigns_to", sa.Text(), server_default="all_users", nullable=False),
            True,
        ),
    ):
        op.add_column(table, column)
        if existing:
            op.alter_column(table, column.name, server_default=None)


def downgrade() -> None:
    op.drop_column("user_role", "assigns_to")
    op.drop_column("user_role", "profile_ids")
    op.drop_column("organisation", "sharing")
    op.drop_index("ix_user_group_search", table_name="user_group", postgresql_using="gin")
    op.drop_index(
        "ix_user_group_deleted_at",
        table_name="user_group",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_table("user_group")
    op.drop_index(op.f("ix_sharing_rule_shared_with_role_id"), table_name="sharing_rule")
    op.drop_index(op.f("ix_sharing_rule_shared_with_group_id"), table_name="sharing_rule")
    op.drop_index(op.f("ix_sharing_rule_owned_by_role_id"), table_name="sharing_rule")
    op.drop_index(op.f("ix_sharing_rule_owned_by_group_id"), table_name="sharing_rule")
    op.drop_index(
        "ix_sharing_rule_deleted_at",
        table_name="sharing_rule",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_table("sharing_rule")
    op.drop_index("ix_access_profile_search", table_name="access_profile", postgresql_using="gin")
    op.drop_index(
        "ix_access_profile_deleted_at",
        table_name="access_profile",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_table("access_profile")
