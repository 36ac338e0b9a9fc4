"""What messaging hears, and what it does about it."""

from contracts.events import identity, inventory, sales, support
from contracts.events.notices import NOTICE_GIVEN
from crmkit.records.hearing import EVERY_SERVICE, hears, links_to
from services.messaging.consents import apply_consents
from services.messaging.low_stock import mail_handlers
from services.messaging.notices import mail_notices
from services.messaging.password_links import mail_password_links

SUBSCRIPTIONS = (
    *EVERY_SERVICE,
    links_to(
        {
            "lead": ("first_name", "last_name"),
            "account": ("name",),
            "contact": ("first_name", "last_name"),
            "opportunity": ("name",),
            "quote": ("subject",),
            "sales_order": ("subject",),
            "shipment": ("number",),
            "invoice": ("subject",),
            "product": ("name",),
            "vendor": ("name",),
            "purchase_order": ("subject",),
            "ticket": ("title",),
        },
        sales.LEAD,
        sales.ACCOUNT,
        sales.CONTACT,
        sales.OPPORTUNITY,
        sales.QUOTE,
        sales.SALES_ORDER,
        sales.SHIPMENT,
        sales.INVOICE,
        inventory.PRODUCT,
        inventory.VENDOR,
        inventory.PURCHASE_ORDER,
        support.TICKET,
        within={"contact": "account_id"},
    ),
    hears(
        "mail_consents", (sales.LEAD, sales.CONTACT, sales.ACCOUNT), apply_consents, by_version=True
    ),
    hears("low_stock", (inventory.STOCK_LOW,), mail_handlers),
    hears("notices", (NOTICE_GIVEN,), mail_notices),
    hears("password_links", (identity.PASSWORD_LINK,), mail_password_links),
)
