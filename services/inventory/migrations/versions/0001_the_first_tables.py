"""The first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "demand",
        sa.Column("order_line_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("product_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ordered", sa.Numeric(), nullable=False),
        sa.Column("posted", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("order_line_id"),
    )
    op.create_index(op.f("ix_demand_order_id"), "demand", ["order_id"], unique=False)
    op.create_index(op.f("ix_demand_product_id"), "demand", ["product_id"], unique=False)
    op.create_table(
        "posting",
        sa.Column("shipment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("shipment_id"),
    )
    op.create_table(
        "product",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("manufacturer", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("sales_start", sa.Date(), nullable=True),
        sa.Column("sales_end", sa.Date(), nullable=True),
        sa.Column("support_start", sa.Date(), nullable=True),
        sa.Column("support_expiry", sa.Date(), nullable=True),
        sa.Column("vendor_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("manufacturer_part_number", sa.Text(), nullable=True),
        sa.Column("vendor_part_number", sa.Text(), nullable=True),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("product_sheet", sa.Text(), nullable=True),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("unit_price", sa.Numeric(), nullable=True),
        sa.Column(
            "prices", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("purchase_cost", sa.Numeric(), nullable=True),
        sa.Column(
            "purchase_costs",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("commission_percent", sa.Numeric(), nullable=True),
        sa.Column(
            "taxes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("usage_unit", sa.Text(), nullable=True),
        sa.Column("quantity_per_unit", sa.Numeric(), nullable=True),
        sa.Column("reorder_level", sa.Numeric(), nullable=True),
        sa.Column(
            "images", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(name, '') || ' ' || coalesce(part_number, '') || ' ' || coalesce(serial_number, '') || ' ' || coalesce(vendor_part_number, '') || ' ' || coalesce(description, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("modified_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_product_owner_id_id", "product", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_product_search", "product", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_product_vendor_id"), "product", ["vendor_id"], unique=False)
    op.create_table(
        "purchase_order",
        sa.Column("vendor_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("warehouse_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requisition_number", sa.Text(), nullable=True),
        sa.Column("tracking_number", sa.Text(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("sales_commission", sa.Numeric(), nullable=True),
        sa.Column("excise_duty", sa.Numeric(), nullable=True),
        sa.Column("paid", sa.Numeric(), nullable=False),
        sa.Column("balance", sa.Numeric(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(subject, '') || ' ' || coalesce(requisition_number, '') || ' ' || coalesce(tracking_number, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("conversion_rate", sa.Numeric(), nullable=True),
        sa.Column("tax_type", sa.Text(), nullable=False),
        sa.Column("discount_percent", sa.Numeric(), nullable=True),
        sa.Column("discount_amount", sa.Numeric(), nullable=True),
        sa.Column(
            "taxes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "charges", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "deducted_taxes",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("adjustment", sa.Numeric(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sub_total", sa.Numeric(), nullable=False),
        sa.Column("discount_total", sa.Numeric(), nullable=False),
        sa.Column("charges_total", sa.Numeric(), nullable=False),
        sa.Column("charge_taxes", sa.Numeric(), nullable=False),
        sa.Column("pre_tax_total", sa.Numeric(), nullable=False),
        sa.Column("tax_total", sa.Numeric(), nullable=False),
        sa.Column("deducted_tax", sa.Numeric(), nullable=False),
        sa.Column("total", sa.Numeric(), nullable=False),
        sa.Column("billing_street", sa.Text(), nullable=True),
        sa.Column("billing_po_box", sa.Text(), nullable=True),
        sa.Column("billing_city", sa.Text(), nullable=True),
        sa.Column("billing_state", sa.Text(), nullable=True),
        sa.Column("billing_code", sa.Text(), nullable=True),
        sa.Column("billing_country", sa.Text(), nullable=True),
        sa.Column("shipping_street", sa.Text(), nullable=True),
        sa.Column("shipping_po_box", sa.Text(), nullable=True),
        sa.Column("shipping_city", sa.Text(), nullable=True),
        sa.Column("shipping_state", sa.Text(), nullable=True),
        sa.Column("shipping_code", sa.Text(), nullable=True),
        sa.Column("shipping_country", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("modified_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        op.f("ix_purchase_order_contact_id"), "purchase_order", ["contact_id"], unique=False
    )
    op.create_index(
        "ix_purchase_order_owner_id_id", "purchase_order", ["owner_id", "id"], unique=False
    )
    op.create_index(
        "ix_purchase_order_search",
        "purchase_order",
        ["search"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("ix_purchase_order_vendor_id"), "purchase_order", ["vendor_id"], unique=False
    )
    op.create_index(
        op.f("ix_purchase_order_warehouse_id"), "purchase_order", ["warehouse_id"], unique=False
    )
    op.create_table(
        "sales_order_heard",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_table(
        "stock_level",
        sa.Column("product_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("on_hand", sa.Numeric(), nullable=False),
        sa.Column("reserved", sa.Numeric(), nullable=False),
        sa.Column(
            "available",
            sa.Numeric(),
            sa.Computed("on_hand - reserved", persisted=True),
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
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("product_id", "warehouse_id"),
    )
    op.create_index(op.f("ix_stock_level_product_id"), "stock_level", ["product_id"], unique=False)
    op.create_index(
        op.f("ix_stock_level_warehouse_id"), "stock_level", ["warehouse_id"], unique=False
    )
    op.create_table(
        "stock_movement",
        sa.Column("product_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("balance", sa.Numeric(), nullable=True),
        sa.Column("shipment_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("purchase_order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("line_id", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(reason, '') || ' ' || coalesce(note, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        op.f("ix_stock_movement_product_id"), "stock_movement", ["product_id"], unique=False
    )
    op.create_index(
        op.f("ix_stock_movement_purchase_order_id"),
        "stock_movement",
        ["purchase_order_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_stock_movement_shipment_id"), "stock_movement", ["shipment_id"], unique=False
    )
    op.create_index(
        op.f("ix_stock_movement_warehouse_id"), "stock_movement", ["warehouse_id"], unique=False
    )
    op.create_index(
        "uq_stock_movement_line_id_reason",
        "stock_movement",
        ["line_id", "reason"],
        unique=True,
        postgresql_where=sa.text("reason IN ('shipment', 'shipment_cancelled')"),
    )
    op.create_table(
        "stock_total",
        sa.Column("product_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("on_hand", sa.Numeric(), nullable=False),
        sa.Column("reserved", sa.Numeric(), nullable=False),
        sa.Column("low", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("product_id"),
    )
    op.create_table(
        "vendor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("po_box", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(website, '') || ' ' || coalesce(category, '') || ' ' || coalesce(city, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("modified_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_vendor_owner_id_id", "vendor", ["owner_id", "id"], unique=False)
    op.create_index("ix_vendor_search", "vendor", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "warehouse",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("po_box", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(name, '') || ' ' || coalesce(city, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "uq_warehouse_is_default",
        "warehouse",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "purchase_order_line",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("received_quantity", sa.Numeric(), nullable=False),
        sa.Column("product_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("list_price", sa.Numeric(), nullable=False),
        sa.Column("discount_percent", sa.Numeric(), nullable=True),
        sa.Column("discount_amount", sa.Numeric(), nullable=True),
        sa.Column(
            "taxes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("purchase_cost", sa.Numeric(), nullable=True),
        sa.Column("line_total", sa.Numeric(), nullable=True),
        sa.Column("discount_total", sa.Numeric(), nullable=True),
        sa.Column("after_discount", sa.Numeric(), nullable=True),
        sa.Column("tax_total", sa.Numeric(), nullable=True),
        sa.Column("line_net", sa.Numeric(), nullable=True),
        sa.Column("margin", sa.Numeric(), nullable=True),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["purchase_order.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_purchase_order_line_product_id"),
        "purchase_order_line",
        ["product_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_purchase_order_line_record_id"), "purchase_order_line", ["record_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_purchase_order_line_record_id"), table_name="purchase_order_line")
    op.drop_index(op.f("ix_purchase_order_line_product_id"), table_name="purchase_order_line")
    op.drop_table("purchase_order_line")
    op.drop_index(
        "uq_warehouse_is_default", table_name="warehouse", postgresql_where=sa.text("is_default")
    )
    op.drop_table("warehouse")
    op.drop_index("ix_vendor_search", table_name="vendor", postgresql_using="gin")
    op.drop_index("ix_vendor_owner_id_id", table_name="vendor")
    op.drop_table("vendor")
    op.drop_table("stock_total")
    op.drop_index(
        "uq_stock_movement_line_id_reason",
        table_name="stock_movement",
        postgresql_where=sa.text("reason IN ('shipment', 'shipment_cancelled')"),
    )
    op.drop_index(op.f("ix_stock_movement_warehouse_id"), table_name="stock_movement")
    op.drop_index(op.f("ix_stock_movement_shipment_id"), table_name="stock_movement")
    op.drop_index(op.f("ix_stock_movement_purchase_order_id"), table_name="stock_movement")
    op.drop_index(op.f("ix_stock_movement_product_id"), table_name="stock_movement")
    op.drop_table("stock_movement")
    op.drop_index(op.f("ix_stock_level_warehouse_id"), table_name="stock_level")
    op.drop_index(op.f("ix_stock_level_product_id"), table_name="stock_level")
    op.drop_table("stock_level")
    op.drop_table("sales_order_heard")
    op.drop_index(op.f("ix_purchase_order_warehouse_id"), table_name="purchase_order")
    op.drop_index(op.f("ix_purchase_order_vendor_id"), table_name="purchase_order")
    op.drop_index("ix_purchase_order_search", table_name="purchase_order", postgresql_using="gin")
    op.drop_index("ix_purchase_order_owner_id_id", table_name="purchase_order")
    op.drop_index(op.f("ix_purchase_order_contact_id"), table_name="purchase_order")
    op.drop_table("purchase_order")
    op.drop_index(op.f("ix_product_vendor_id"), table_name="product")
    op.drop_index("ix_product_search", table_name="product", postgresql_using="gin")
    op.drop_index("ix_product_owner_id_id", table_name="product")
    op.drop_table("product")
    op.drop_table("posting")
    op.drop_index(op.f("ix_demand_product_id"), table_name="demand")
    op.drop_index(op.f("ix_demand_order_id"), table_name="demand")
    op.drop_table("demand")
