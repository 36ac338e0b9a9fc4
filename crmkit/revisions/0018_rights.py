"""Rights"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

_JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "profile_copy",
        sa.Column("profile_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("view_all", sa.Boolean(), nullable=False),
        sa.Column("edit_all", sa.Boolean(), nullable=False),
        sa.Column("modules", _JSONB, nullable=False),
        sa.Column("others", _JSONB, nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id"),
    )
    op.create_table(
        "group_copy",
        sa.Column("group_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("members", _JSONB, nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("group_id"),
    )
    op.create_table(
        "sharing_rule_copy",
        sa.Column("rule_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("rule", _JSONB, nullable=False, comment="as identity tells it"),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id"),
    )
    op.create_table(
        "rights_version",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
    )
    profiles = sa.Column("profile_ids", _JSONB, server_default="[]", nullable=False)
    op.add_column("role", profiles)
    assigns = sa.Column("assigns_to", sa.Text(), server_default="all_users", nullable=False)
    op.add_column("role", assigns)
    sharing = sa.Column("sharing", _JSONB, server_default="{}", nullable=False)
    op.add_column("organisation_copy", sharing)
    op.add_column("linked_record", sa.Column("owner_id", sa.Uuid(as_uuid=False)))
    op.execute("""
        INSERT INTO profile_copy
            (profile_id, view_all, edit_all, modules, others, deleted, version)
        SELECT '01990000-0000-7000-8000-00000000a11e', false, false, '{}',
            '{"active": true, "verbs": ["*"]}', false, 0
        WHERE EXISTS (SELECT 1 FROM role)
    """)
    # A profile of this copy alone, until identity tells the roles' own: nobody loses what they
    # could do while an upgrade is on its way.
    op.execute("""UPDATE role SET profile_ids = '["01990000-0000-7000-8000-00000000a11e"]'""")


def downgrade() -> None:
    op.drop_column("linked_record", "owner_id")
    op.drop_column("organisation_copy", "sharing")
    op.drop_column("role", "assigns_to")
    op.drop_column("role", "profile_ids")
    for table in ("rights_version", "sharing_rule_copy", "group_copy", "profile_copy"):
        op.drop_table(table)
