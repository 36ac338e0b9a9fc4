"""Newest below a record"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.drop_index(op.f("ix_email_related_id"), table_name="email")
    op.drop_index(op.f("ix_email_template_id"), table_name="email")
    op.create_index("ix_email_related_id_id", "email", ["related_id", "id"], unique=False)
    op.create_index("ix_email_template_id_id", "email", ["template_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_email_template_id_id", table_name="email")
    op.drop_index("ix_email_related_id_id", table_name="email")
    op.create_index(op.f("ix_email_template_id"), "email", ["template_id"], unique=False)
    op.create_index(op.f("ix_email_related_id"), "email", ["related_id"], unique=False)
