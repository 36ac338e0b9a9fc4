"""Consents of nobody"""

from alembic import op

revision = "0008"
down_revision = "0007"

_OF_NOBODY = "SELECT id FROM consent WHERE contact_id IS NULL AND lead_id IS NULL"


def upgrade() -> None:
    """Whose they were was purged; what was said of it goes as well."""
    for table in ("history", "comment", "external_id"):
        op.execute(f"DELETE FROM {table} WHERE record_id IN ({_OF_NOBODY})")  # noqa: S608
    op.execute("DELETE FROM consent WHERE contact_id IS NULL AND lead_id IS NULL")


def downgrade() -> None:
    """What is gone does not come back."""
