"""Newest below a record"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_index(op.f("ix_account_member_of_id"), table_name="account")
    op.create_index("ix_account_member_of_id_id", "account", ["member_of_id", "id"], unique=False)
    op.drop_index(op.f("ix_consent_contact_id"), table_name="consent")
    op.drop_index(op.f("ix_consent_lead_id"), table_name="consent")
    op.create_index("ix_consent_contact_id_id", "consent", ["contact_id", "id"], unique=False)
    op.create_index("ix_consent_lead_id_id", "consent", ["lead_id", "id"], unique=False)
    op.drop_index(op.f("ix_contact_account_id"), table_name="contact")
    op.drop_index(op.f("ix_contact_reports_to_id"), table_name="contact")
    op.create_index("ix_contact_account_id_id", "contact", ["account_id", "id"], unique=False)
    op.create_index("ix_contact_reports_to_id_id", "contact", ["reports_to_id", "id"], unique=False)
    op.drop_index(op.f("ix_invoice_account_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_contact_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_opportunity_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_quote_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_sales_order_id"), table_name="invoice")
    op.create_index("ix_invoice_account_id_id", "invoice", ["account_id", "id"], unique=False)
    op.create_index("ix_invoice_contact_id_id", "invoice", ["contact_id", "id"], unique=False)
    op.create_index(
        "ix_invoice_opportunity_id_id", "invoice", ["opportunity_id", "id"], unique=False
    )
    op.create_index("ix_invoice_quote_id_id", "invoice", ["quote_id", "id"], unique=False)
    op.create_index(
        "ix_invoice_sales_order_id_id", "invoice", ["sales_order_id", "id"], unique=False
    )
    op.drop_index(op.f("ix_lead_account_id"), table_name="lead")
    op.drop_index(op.f("ix_lead_contact_id"), table_name="lead")
    op.drop_index(op.f("ix_lead_opportunity_id"), table_name="lead")
    op.create_index("ix_lead_account_id_id", "lead", ["account_id", "id"], unique=False)
    op.create_index("ix_lead_contact_id_id", "lead", ["contact_id", "id"], unique=False)
    op.create_index("ix_lead_opportunity_id_id", "lead", ["opportunity_id", "id"], unique=False)
    op.drop_index(op.f("ix_opportunity_account_id"), table_name="opportunity")
    op.drop_index(op.f("ix_opportunity_contact_id"), table_name="opportunity")
    op.create_index(
        "ix_opportunity_account_id_id", "opportunity", ["account_id", "id"], unique=False
    )
    op.create_index(
        "ix_opportunity_contact_id_id", "opportunity", ["contact_id", "id"], unique=False
    )
    op.drop_index(op.f("ix_payment_account_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_invoice_id"), table_name="payment")
    op.create_index("ix_payment_account_id_id", "payment", ["account_id", "id"], unique=False)
    op.create_index("ix_payment_invoice_id_id", "payment", ["invoice_id", "id"], unique=False)
    op.drop_index(op.f("ix_quote_account_id"), table_name="quote")
    op.drop_index(op.f("ix_quote_contact_id"), table_name="quote")
    op.drop_index(op.f("ix_quote_lead_id"), table_name="quote")
    op.drop_index(op.f("ix_quote_opportunity_id"), table_name="quote")
    op.create_index("ix_quote_account_id_id", "quote", ["account_id", "id"], unique=False)
    op.create_index("ix_quote_contact_id_id", "quote", ["contact_id", "id"], unique=False)
    op.create_index("ix_quote_lead_id_id", "quote", ["lead_id", "id"], unique=False)
    op.create_index("ix_quote_opportunity_id_id", "quote", ["opportunity_id", "id"], unique=False)
    op.drop_index(op.f("ix_sales_order_account_id"), table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_contact_id"), table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_opportunity_id"), table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_quote_id"), table_name="sales_order")
    op.create_index(
        "ix_sales_order_account_id_id", "sales_order", ["account_id", "id"], unique=False
    )
    op.create_index(
        "ix_sales_order_contact_id_id", "sales_order", ["contact_id", "id"], unique=False
    )
    op.create_index(
        "ix_sales_order_opportunity_id_id", "sales_order", ["opportunity_id", "id"], unique=False
    )
    op.create_index("ix_sales_order_quote_id_id", "sales_order", ["quote_id", "id"], unique=False)
    op.drop_index(op.f("ix_shipment_account_id"), table_name="shipment")
    op.drop_index(op.f("ix_shipment_sales_order_id"), table_name="shipment")
    op.drop_index(op.f("ix_shipment_warehouse_id"), table_name="shipment")
    op.create_index("ix_shipment_account_id_id", "shipment", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_shipment_sales_order_id_id", "shipment", ["sales_order_id", "id"], unique=False
    )
    op.create_index("ix_shipment_warehouse_id_id", "shipment", ["warehouse_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_shipment_warehouse_id_id", table_name="shipment")
    op.drop_index("ix_shipment_sales_order_id_id", table_name="shipment")
    op.drop_index("ix_shipment_account_id_id", table_name="shipment")
    op.create_index(op.f("ix_shipment_warehouse_id"), "shipment", ["warehouse_id"], unique=False)
    op.create_index(
        op.f("ix_shipment_sales_order_id"), "shipment", ["sales_order_id"], unique=False
    )
    op.create_index(op.f("ix_shipment_account_id"), "shipment", ["account_id"], unique=False)
    op.drop_index("ix_sales_order_quote_id_id", table_name="sales_order")
    op.drop_index("ix_sales_order_opportunity_id_id", table_name="sales_order")
    op.drop_index("ix_sales_order_contact_id_id", table_name="sales_order")
    op.drop_index("ix_sales_order_account_id_id", table_name="sales_order")
    op.create_index(op.f("ix_sales_order_quote_id"), "sales_order", ["quote_id"], unique=False)
    op.create_index(
        op.f("ix_sales_order_opportunity_id"), "sales_order", ["opportunity_id"], unique=False
    )
    op.create_index(op.f("ix_sales_order_contact_id"), "sales_order", ["contact_id"], unique=False)
    op.create_index(op.f("ix_sales_order_account_id"), "sales_order", ["account_id"], unique=False)
    op.drop_index("ix_quote_opportunity_id_id", table_name="quote")
    op.drop_index("ix_quote_lead_id_id", table_name="quote")
    op.drop_index("ix_quote_contact_id_id", table_name="quote")
    op.drop_index("ix_quote_account_id_id", table_name="quote")
    op.create_index(op.f("ix_quote_opportunity_id"), "quote", ["opportunity_id"], unique=False)
    op.create_index(op.f("ix_quote_lead_id"), "quote", ["lead_id"], unique=False)
    op.create_index(op.f("ix_quote_contact_id"), "quote", ["contact_id"], unique=False)
    op.create_index(op.f("ix_quote_account_id"), "quote", ["account_id"], unique=False)
    op.drop_index("ix_payment_invoice_id_id", table_name="payment")
    op.drop_index("ix_payment_account_id_id", table_name="payment")
    op.create_index(op.f("ix_payment_invoice_id"), "payment", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_payment_account_id"), "payment", ["account_id"], unique=False)
    op.drop_index("ix_opportunity_contact_id_id", table_name="opportunity")
    op.drop_index("ix_opportunity_account_id_id", table_name="opportunity")
    op.create_index(op.f("ix_opportunity_contact_id"), "opportunity", ["contact_id"], unique=False)
    op.create_index(op.f("ix_opportunity_account_id"), "opportunity", ["account_id"], unique=False)
    op.drop_index("ix_lead_opportunity_id_id", table_name="lead")
    op.drop_index("ix_lead_contact_id_id", table_name="lead")
    op.drop_index("ix_lead_account_id_id", table_name="lead")
    op.create_index(op.f("ix_lead_opportunity_id"), "lead", ["opportunity_id"], unique=False)
    op.create_index(op.f("ix_lead_contact_id"), "lead", ["contact_id"], unique=False)
    op.create_index(op.f("ix_lead_account_id"), "lead", ["account_id"], unique=False)
    op.drop_index("ix_invoice_sales_order_id_id", table_name="invoice")
    op.drop_index("ix_invoice_quote_id_id", table_name="invoice")
    op.drop_index("ix_invoice_opportunity_id_id", table_name="invoice")
    op.drop_index("ix_invoice_contact_id_id", table_name="invoice")
    op.drop_index("ix_invoice_account_id_id", table_name="invoice")
    op.create_index(op.f("ix_invoice_sales_order_id"), "invoice", ["sales_order_id"], unique=False)
    op.create_index(op.f("ix_invoice_quote_id"), "invoice", ["quote_id"], unique=False)
    op.create_index(op.f("ix_invoice_opportunity_id"), "invoice", ["opportunity_id"], unique=False)
    op.create_index(op.f("ix_invoice_contact_id"), "invoice", ["contact_id"], unique=False)
    op.create_index(op.f("ix_invoice_account_id"), "invoice", ["account_id"], unique=False)
    op.drop_index("ix_contact_reports_to_id_id", table_name="contact")
    op.drop_index("ix_contact_account_id_id", table_name="contact")
    op.create_index(op.f("ix_contact_reports_to_id"), "contact", ["reports_to_id"], unique=False)
    op.create_index(op.f("ix_contact_account_id"), "contact", ["account_id"], unique=False)
    op.drop_index("ix_consent_lead_id_id", table_name="consent")
    op.drop_index("ix_consent_contact_id_id", table_name="consent")
    op.create_index(op.f("ix_consent_lead_id"), "consent", ["lead_id"], unique=False)
    op.create_index(op.f("ix_consent_contact_id"), "consent", ["contact_id"], unique=False)
    op.drop_index("ix_account_member_of_id_id", table_name="account")
    op.create_index(op.f("ix_account_member_of_id"), "account", ["member_of_id"], unique=False)
