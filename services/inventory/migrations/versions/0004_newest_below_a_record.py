"""Newest below a record"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_index(op.f("ix_product_vendor_id"), table_name="product")
    op.create_index("ix_product_vendor_id_id", "product", ["vendor_id", "id"], unique=False)
    op.drop_index(op.f("ix_purchase_order_contact_id"), table_name="purchase_order")
    op.drop_index(op.f("ix_purchase_order_vendor_id"), table_name="purchase_order")
    op.drop_index(op.f("ix_purchase_order_warehouse_id"), table_name="purchase_order")
    op.create_index(
        "ix_purchase_order_contact_id_id", "purchase_order", ["contact_id", "id"], unique=False
    )
    op.create_index(
        "ix_purchase_order_vendor_id_id", "purchase_order", ["vendor_id", "id"], unique=False
    )
    op.create_index(
        "ix_purchase_order_warehouse_id_id", "purchase_order", ["warehouse_id", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_purchase_order_warehouse_id_id", table_name="purchase_order")
    op.drop_index("ix_purchase_order_vendor_id_id", table_name="purchase_order")
    op.drop_index("ix_purchase_order_contact_id_id", table_name="purchase_order")
    op.create_index(
        op.f("ix_purchase_order_warehouse_id"), "purchase_order", ["warehouse_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchase_order_vendor_id"), "purchase_order", ["vendor_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchase_order_contact_id"), "purchase_order", ["contact_id"], unique=False
    )
    op.drop_index("ix_product_vendor_id_id", table_name="product")
    op.create_index(op.f("ix_product_vendor_id"), "product", ["vendor_id"], unique=False)
