"""The first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "currency_copy",
        sa.Column("currency_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("conversion_rate", sa.Numeric(), nullable=False),
        sa.Column("is_base", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("currency_id"),
    )
    op.create_index(op.f("ix_currency_copy_code"), "currency_copy", ["code"], unique=False)
    op.create_table(
        "delayed_event",
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subscription", "event_id"),
    )
    op.create_index("delayed_event_due", "delayed_event", ["due_at"], unique=False)
    op.create_table(
        "external_id",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("entity", "source", "key"),
    )
    op.create_index("ix_external_id_record_id", "external_id", ["record_id"], unique=False)
    op.create_table(
        "history",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_history_entity_xid_seq", "history", ["entity", "xid", "seq"], unique=False)
    op.create_index("ix_history_record_id_seq", "history", ["record_id", "seq"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("caller_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("caller_id", "key"),
    )
    op.create_table(
        "inbox",
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("subscription", "event_id"),
    )
    op.create_index(op.f("ix_inbox_at"), "inbox", ["at"], unique=False)
    op.create_table(
        "linked_record",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_table(
        "numbering",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "outbox_sent",
        "outbox",
        ["sent_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    op.create_index(
        "outbox_unsent",
        "outbox",
        ["seq"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "parked_event",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("state", sa.Text(), server_default="parked", nullable=False),
        sa.Column("decided_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "parked_event_waiting",
        "parked_event",
        ["subscription", "event_id"],
        unique=True,
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_table(
        "principal",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index(op.f("ix_principal_role_id"), "principal", ["role_id"], unique=False)
    op.create_table(
        "role",
        sa.Column("role_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("role_id"),
    )
    op.create_index(op.f("ix_role_path"), "role", ["path"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
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
    op.drop_table("signing_key")
    op.drop_index(op.f("ix_role_path"), table_name="role")
    op.drop_table("role")
    op.drop_index(op.f("ix_principal_role_id"), table_name="principal")
    op.drop_table("principal")
    op.drop_index(
        "parked_event_waiting",
        table_name="parked_event",
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.drop_table("parked_event")
    op.drop_index("outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_index(
        "outbox_sent", table_name="outbox", postgresql_where=sa.text("sent_at IS NOT NULL")
    )
    op.drop_table("outbox")
    op.drop_table("numbering")
    op.drop_table("linked_record")
    op.drop_index(op.f("ix_inbox_at"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("idempotency_key")
    op.drop_index("ix_history_record_id_seq", table_name="history")
    op.drop_index("ix_history_entity_xid_seq", table_name="history")
    op.drop_table("history")
    op.drop_index("ix_external_id_record_id", table_name="external_id")
    op.drop_table("external_id")
    op.drop_index("delayed_event_due", table_name="delayed_event")
    op.drop_table("delayed_event")
    op.drop_index(op.f("ix_currency_copy_code"), table_name="currency_copy")
    op.drop_table("currency_copy")
