"""The first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("other_phone", sa.Text(), nullable=True),
        sa.Column("fax", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("secondary_email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("ticker_symbol", sa.Text(), nullable=True),
        sa.Column("member_of_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("ownership", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("rating", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("sic_code", sa.Text(), nullable=True),
        sa.Column("annual_revenue", sa.Numeric(), nullable=True),
        sa.Column("email_opt_out", sa.Boolean(), nullable=False),
        sa.Column("notify_owner", sa.Boolean(), nullable=False),
        sa.Column("is_converted_from_lead", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '') || ' ' || coalesce(website, '') || ' ' || coalesce(billing_city, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
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
        "ix_account_lower_name", "account", [sa.literal_column("lower(name)")], unique=False
    )
    op.create_index(op.f("ix_account_member_of_id"), "account", ["member_of_id"], unique=False)
    op.create_index("ix_account_owner_id_id", "account", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_account_search", "account", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "contact",
        sa.Column("salutation", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("home_phone", sa.Text(), nullable=True),
        sa.Column("other_phone", sa.Text(), nullable=True),
        sa.Column("fax", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("secondary_email", sa.Text(), nullable=True),
        sa.Column("lead_source", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("birthdate", sa.Date(), nullable=True),
        sa.Column("reports_to_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("assistant", sa.Text(), nullable=True),
        sa.Column("assistant_phone", sa.Text(), nullable=True),
        sa.Column("do_not_call", sa.Boolean(), nullable=False),
        sa.Column("email_opt_out", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.Boolean(), nullable=False),
        sa.Column("notify_owner", sa.Boolean(), nullable=False),
        sa.Column("is_converted_from_lead", sa.Boolean(), nullable=False),
        sa.Column("portal", sa.Boolean(), nullable=False),
        sa.Column("support_start_date", sa.Date(), nullable=True),
        sa.Column("support_end_date", sa.Date(), nullable=True),
        sa.Column("mailing_street", sa.Text(), nullable=True),
        sa.Column("mailing_po_box", sa.Text(), nullable=True),
        sa.Column("mailing_city", sa.Text(), nullable=True),
        sa.Column("mailing_state", sa.Text(), nullable=True),
        sa.Column("mailing_code", sa.Text(), nullable=True),
        sa.Column("mailing_country", sa.Text(), nullable=True),
        sa.Column("other_street", sa.Text(), nullable=True),
        sa.Column("other_po_box", sa.Text(), nullable=True),
        sa.Column("other_city", sa.Text(), nullable=True),
        sa.Column("other_state", sa.Text(), nullable=True),
        sa.Column("other_code", sa.Text(), nullable=True),
        sa.Column("other_country", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '') || ' ' || coalesce(mobile, '') || ' ' || coalesce(mailing_city, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_contact_account_id"), "contact", ["account_id"], unique=False)
    op.create_index("ix_contact_owner_id_id", "contact", ["owner_id", "id"], unique=False)
    op.create_index(op.f("ix_contact_reports_to_id"), "contact", ["reports_to_id"], unique=False)
    op.create_index(
        "ix_contact_search", "contact", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "invoice",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("quote_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("sales_order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("invoice_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("customer_no", sa.Text(), nullable=True),
        sa.Column("purchase_order", sa.Text(), nullable=True),
        sa.Column("sales_commission", sa.Numeric(), nullable=True),
        sa.Column("excise_duty", sa.Numeric(), nullable=True),
        sa.Column("received", sa.Numeric(), nullable=False),
        sa.Column("balance", sa.Numeric(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(subject, '') || ' ' || coalesce(customer_no, '') || ' ' || coalesce(purchase_order, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_invoice_account_id"), "invoice", ["account_id"], unique=False)
    op.create_index(op.f("ix_invoice_contact_id"), "invoice", ["contact_id"], unique=False)
    op.create_index(op.f("ix_invoice_opportunity_id"), "invoice", ["opportunity_id"], unique=False)
    op.create_index("ix_invoice_owner_id_id", "invoice", ["owner_id", "id"], unique=False)
    op.create_index(op.f("ix_invoice_quote_id"), "invoice", ["quote_id"], unique=False)
    op.create_index(op.f("ix_invoice_sales_order_id"), "invoice", ["sales_order_id"], unique=False)
    op.create_index(
        "ix_invoice_search", "invoice", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "lead",
        sa.Column("salutation", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("designation", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("fax", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("secondary_email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("lead_source", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("rating", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("annual_revenue", sa.Numeric(), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("po_box", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("email_opt_out", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("converted", sa.Boolean(), nullable=False),
        sa.Column("converted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("transferred_to", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(company, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '') || ' ' || coalesce(mobile, '') || ' ' || coalesce(city, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_lead_account_id"), "lead", ["account_id"], unique=False)
    op.create_index(op.f("ix_lead_contact_id"), "lead", ["contact_id"], unique=False)
    op.create_index(op.f("ix_lead_opportunity_id"), "lead", ["opportunity_id"], unique=False)
    op.create_index("ix_lead_owner_id_id", "lead", ["owner_id", "id"], unique=False)
    op.create_index("ix_lead_search", "lead", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "opportunity",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("closing_date", sa.Date(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("stage_class", sa.Text(), nullable=False),
        sa.Column("probability", sa.Numeric(), nullable=True),
        sa.Column("forecast_amount", sa.Numeric(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("lead_source", sa.Text(), nullable=True),
        sa.Column("is_converted_from_lead", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(name, '') || ' ' || coalesce(next_step, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_opportunity_account_id"), "opportunity", ["account_id"], unique=False)
    op.create_index(op.f("ix_opportunity_contact_id"), "opportunity", ["contact_id"], unique=False)
    op.create_index("ix_opportunity_owner_id_id", "opportunity", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_opportunity_search", "opportunity", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "payment",
        sa.Column("invoice_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(reference, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_payment_account_id"), "payment", ["account_id"], unique=False)
    op.create_index(op.f("ix_payment_invoice_id"), "payment", ["invoice_id"], unique=False)
    op.create_index("ix_payment_owner_id_id", "payment", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_payment_search", "payment", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "quote",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("lead_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("valid_till", sa.Date(), nullable=True),
        sa.Column("shipping", sa.Text(), nullable=True),
        sa.Column("inventory_manager_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(subject, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_quote_account_id"), "quote", ["account_id"], unique=False)
    op.create_index(op.f("ix_quote_contact_id"), "quote", ["contact_id"], unique=False)
    op.create_index(
        op.f("ix_quote_inventory_manager_id"), "quote", ["inventory_manager_id"], unique=False
    )
    op.create_index(op.f("ix_quote_lead_id"), "quote", ["lead_id"], unique=False)
    op.create_index(op.f("ix_quote_opportunity_id"), "quote", ["opportunity_id"], unique=False)
    op.create_index("ix_quote_owner_id_id", "quote", ["owner_id", "id"], unique=False)
    op.create_index("ix_quote_search", "quote", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "sales_order",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("quote_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("order_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customer_no", sa.Text(), nullable=True),
        sa.Column("purchase_order", sa.Text(), nullable=True),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("sales_commission", sa.Numeric(), nullable=True),
        sa.Column("excise_duty", sa.Numeric(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(subject, '') || ' ' || coalesce(customer_no, '') || ' ' || coalesce(purchase_order, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_sales_order_account_id"), "sales_order", ["account_id"], unique=False)
    op.create_index(op.f("ix_sales_order_contact_id"), "sales_order", ["contact_id"], unique=False)
    op.create_index(
        op.f("ix_sales_order_opportunity_id"), "sales_order", ["opportunity_id"], unique=False
    )
    op.create_index("ix_sales_order_owner_id_id", "sales_order", ["owner_id", "id"], unique=False)
    op.create_index(op.f("ix_sales_order_quote_id"), "sales_order", ["quote_id"], unique=False)
    op.create_index(
        "ix_sales_order_search", "sales_order", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "shipment",
        sa.Column("sales_order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_number", sa.Text(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "shortage", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', regexp_replace(regexp_replace(coalesce(number, '') || ' ' || coalesce(carrier, '') || ' ' || coalesce(tracking_number, ''), '([⺀-鿿가-\ud7af豈-\ufaff])', ' \\1 ', 'g'), '[!-/:-@\\[-`{-~]+', ' ', 'g'))",
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
    op.create_index(op.f("ix_shipment_account_id"), "shipment", ["account_id"], unique=False)
    op.create_index("ix_shipment_owner_id_id", "shipment", ["owner_id", "id"], unique=False)
    op.create_index(
        op.f("ix_shipment_sales_order_id"), "shipment", ["sales_order_id"], unique=False
    )
    op.create_index(
        "ix_shipment_search", "shipment", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_shipment_warehouse_id"), "shipment", ["warehouse_id"], unique=False)
    op.create_table(
        "invoice_line",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_line_id", sa.Uuid(as_uuid=False), nullable=True),
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
        sa.ForeignKeyConstraint(["record_id"], ["invoice.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_invoice_line_order_line_id"), "invoice_line", ["order_line_id"], unique=False
    )
    op.create_index(
        op.f("ix_invoice_line_product_id"), "invoice_line", ["product_id"], unique=False
    )
    op.create_index(op.f("ix_invoice_line_record_id"), "invoice_line", ["record_id"], unique=False)
    op.create_table(
        "quote_line",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
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
        sa.ForeignKeyConstraint(["record_id"], ["quote.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_quote_line_product_id"), "quote_line", ["product_id"], unique=False)
    op.create_index(op.f("ix_quote_line_record_id"), "quote_line", ["record_id"], unique=False)
    op.create_table(
        "sales_order_line",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("shipping_quantity", sa.Numeric(), nullable=False),
        sa.Column("shipped_quantity", sa.Numeric(), nullable=False),
        sa.Column("invoiced_quantity", sa.Numeric(), nullable=False),
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
        sa.ForeignKeyConstraint(["record_id"], ["sales_order.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_sales_order_line_product_id"), "sales_order_line", ["product_id"], unique=False
    )
    op.create_index(
        op.f("ix_sales_order_line_record_id"), "sales_order_line", ["record_id"], unique=False
    )
    op.create_table(
        "shipment_line",
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_line_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("product_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["shipment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_shipment_line_order_line_id"), "shipment_line", ["order_line_id"], unique=False
    )
    op.create_index(
        op.f("ix_shipment_line_product_id"), "shipment_line", ["product_id"], unique=False
    )
    op.create_index(
        op.f("ix_shipment_line_record_id"), "shipment_line", ["record_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_shipment_line_record_id"), table_name="shipment_line")
    op.drop_index(op.f("ix_shipment_line_product_id"), table_name="shipment_line")
    op.drop_index(op.f("ix_shipment_line_order_line_id"), table_name="shipment_line")
    op.drop_table("shipment_line")
    op.drop_index(op.f("ix_sales_order_line_record_id"), table_name="sales_order_line")
    op.drop_index(op.f("ix_sales_order_line_product_id"), table_name="sales_order_line")
    op.drop_table("sales_order_line")
    op.drop_index(op.f("ix_quote_line_record_id"), table_name="quote_line")
    op.drop_index(op.f("ix_quote_line_product_id"), table_name="quote_line")
    op.drop_table("quote_line")
    op.drop_index(op.f("ix_invoice_line_record_id"), table_name="invoice_line")
    op.drop_index(op.f("ix_invoice_line_product_id"), table_name="invoice_line")
    op.drop_index(op.f("ix_invoice_line_order_line_id"), table_name="invoice_line")
    op.drop_table("invoice_line")
    op.drop_index(op.f("ix_shipment_warehouse_id"), table_name="shipment")
    op.drop_index("ix_shipment_search", table_name="shipment", postgresql_using="gin")
    op.drop_index(op.f("ix_shipment_sales_order_id"), table_name="shipment")
    op.drop_index("ix_shipment_owner_id_id", table_name="shipment")
    op.drop_index(op.f("ix_shipment_account_id"), table_name="shipment")
    op.drop_table("shipment")
    op.drop_index("ix_sales_order_search", table_name="sales_order", postgresql_using="gin")
    op.drop_index(op.f("ix_sales_order_quote_id"), table_name="sales_order")
    op.drop_index("ix_sales_order_owner_id_id", table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_opportunity_id"), table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_contact_id"), table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_account_id"), table_name="sales_order")
    op.drop_table("sales_order")
    op.drop_index("ix_quote_search", table_name="quote", postgresql_using="gin")
    op.drop_index("ix_quote_owner_id_id", table_name="quote")
    op.drop_index(op.f("ix_quote_opportunity_id"), table_name="quote")
    op.drop_index(op.f("ix_quote_lead_id"), table_name="quote")
    op.drop_index(op.f("ix_quote_inventory_manager_id"), table_name="quote")
    op.drop_index(op.f("ix_quote_contact_id"), table_name="quote")
    op.drop_index(op.f("ix_quote_account_id"), table_name="quote")
    op.drop_table("quote")
    op.drop_index("ix_payment_search", table_name="payment", postgresql_using="gin")
    op.drop_index("ix_payment_owner_id_id", table_name="payment")
    op.drop_index(op.f("ix_payment_invoice_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_account_id"), table_name="payment")
    op.drop_table("payment")
    op.drop_index("ix_opportunity_search", table_name="opportunity", postgresql_using="gin")
    op.drop_index("ix_opportunity_owner_id_id", table_name="opportunity")
    op.drop_index(op.f("ix_opportunity_contact_id"), table_name="opportunity")
    op.drop_index(op.f("ix_opportunity_account_id"), table_name="opportunity")
    op.drop_table("opportunity")
    op.drop_index("ix_lead_search", table_name="lead", postgresql_using="gin")
    op.drop_index("ix_lead_owner_id_id", table_name="lead")
    op.drop_index(op.f("ix_lead_opportunity_id"), table_name="lead")
    op.drop_index(op.f("ix_lead_contact_id"), table_name="lead")
    op.drop_index(op.f("ix_lead_account_id"), table_name="lead")
    op.drop_table("lead")
    op.drop_index("ix_invoice_search", table_name="invoice", postgresql_using="gin")
    op.drop_index(op.f("ix_invoice_sales_order_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_quote_id"), table_name="invoice")
    op.drop_index("ix_invoice_owner_id_id", table_name="invoice")
    op.drop_index(op.f("ix_invoice_opportunity_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_contact_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_account_id"), table_name="invoice")
    op.drop_table("invoice")
    op.drop_index("ix_contact_search", table_name="contact", postgresql_using="gin")
    op.drop_index(op.f("ix_contact_reports_to_id"), table_name="contact")
    op.drop_index("ix_contact_owner_id_id", table_name="contact")
    op.drop_index(op.f("ix_contact_account_id"), table_name="contact")
    op.drop_table("contact")
    op.drop_index("ix_account_search", table_name="account", postgresql_using="gin")
    op.drop_index("ix_account_owner_id_id", table_name="account")
    op.drop_index(op.f("ix_account_member_of_id"), table_name="account")
    op.drop_index("ix_account_lower_name", table_name="account")
    op.drop_table("account")
