"""Newest below a record"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_index(op.f("ix_ticket_account_id"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_contact_id"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_product_id"), table_name="ticket")
    op.create_index("ix_ticket_account_id_id", "ticket", ["account_id", "id"], unique=False)
    op.create_index("ix_ticket_contact_id_id", "ticket", ["contact_id", "id"], unique=False)
    op.create_index("ix_ticket_product_id_id", "ticket", ["product_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_ticket_product_id_id", table_name="ticket")
    op.drop_index("ix_ticket_contact_id_id", table_name="ticket")
    op.drop_index("ix_ticket_account_id_id", table_name="ticket")
    op.create_index(op.f("ix_ticket_product_id"), "ticket", ["product_id"], unique=False)
    op.create_index(op.f("ix_ticket_contact_id"), "ticket", ["contact_id"], unique=False)
    op.create_index(op.f("ix_ticket_account_id"), "ticket", ["account_id"], unique=False)
