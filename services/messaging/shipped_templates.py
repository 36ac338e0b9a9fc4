"""The templates every installation starts with (spec 1.3.6); users may reword them."""

from dataclasses import dataclass

from sqlalchemy import select, text

from contracts.caller import system_caller
from crmkit import sealing
from crmkit.config import Settings
from crmkit.db import Database
from crmkit.records import store
from crmkit.records.writing import journal
from services.messaging import outlets
from services.messaging.entities.email_template import EMAIL_TEMPLATE, EmailTemplate

LOW_STOCK = "low_stock"
FOLLOWED = "followed"
MENTIONED = "mentioned"
INVITED = "invited"
FORGOTTEN = "forgotten"

_LOCK = 0x74656D706C61  # "templa"


@dataclass(frozen=True, slots=True)
class _Shipped:
    key: str
    name: str
    module: str
    subject: str
    body_text: str


SHIPPED = (
    _Shipped(
        LOW_STOCK,
        "Low stock",
        "product",
        "Low stock: {{ product.name }}",
        """Dear {{ recipient.name }},

{{ product.number }} {{ product.name }} has fallen below its reorder level.

Available: {{ product.available }}
Reorder level: {{ product.reorder_level }}
""",
    ),
    _Shipped(
        FOLLOWED,
        "Changes of a record one follows",
        "",
        "{{ record.name }} has changed",
        """Dear {{ recipient.name }},

{{ record.name }}, which you follow, has changed.
{% for change in changes %}
- {{ change.who }}, {{ change.at }} UTC: {{ change.what }}
{%- if change.fields != "" %} ({{ change.fields }}){% endif %}{% endfor %}
""",
    ),
    _Shipped(
        MENTIONED,
        "A comment that mentions one",
        "",
        "{{ changes[0].who }} mentions you: {{ record.name }}",
        """Dear {{ recipient.name }},

{{ changes[0].who }} mentions you in a comment on {{ record.name }}:

{{ text }}
""",
    ),
    _Shipped(
        INVITED,
        "Invitation of a user",
        "",
        "Set your password for Tandem",
        """Dear {{ recipient.name }},

you have been invited to Tandem. Set your password here, once, before {{ until }} UTC:

{{ link }}
""",
    ),
    _Shipped(
        FORGOTTEN,
        "Forgotten password",
        "",
        "Set a new password for Tandem",
        """Dear {{ recipient.name }},

somebody, you we hope, has asked to set a new password for you. Do it here, once, before
{{ until }} UTC:

{{ link }}

If it was not you, leave this mail alone: your password stays as it is.
""",
    ),
    _Shipped(
        "support_end_month",
        "Support ends in a month",
        "contact",
        "Your support ends on {{ contact.support_end_date }}",
        """Dear {{ contact.name }},

your support agreement with us ends in one month, on {{ contact.support_end_date }}.
Please tell us if you would like to renew it.

{{ sender.name }}
""",
    ),
    _Shipped(
        "support_end_week",
        "Support ends in a week",
        "contact",
        "Your support ends on {{ contact.support_end_date }}",
        """Dear {{ contact.name }},

your support agreement with us ends in one week, on {{ contact.support_end_date }}.
Without a renewal we cannot answer your requests after that day.

{{ sender.name }}
""",
    ),
    _Shipped(
        "pending_invoice",
        "Pending invoice",
        "invoice",
        "Invoice {{ invoice.number }} is still open",
        """Dear {{ contact.name }},

invoice {{ invoice.number }} over {{ invoice.total }} was due on {{ invoice.due_date }};
{{ invoice.balance }} are still open. If you have paid meanwhile, please disregard this.

{{ sender.name }}
""",
    ),
    _Shipped(
        "acceptance",
        "Acceptance of a proposal",
        "quote",
        "Your acceptance of {{ quote.number }}",
        """Dear {{ contact.name }},

thank you for accepting our proposal {{ quote.number }}. We start at once.

{{ sender.name }}
""",
    ),
    _Shipped(
        "goods_received",
        "Goods received",
        "purchase_order",
        "We have received {{ purchase_order.number }}",
        """Dear {{ vendor.name }},

the goods of our order {{ purchase_order.number }} have arrived complete and in good order.

{{ sender.name }}
""",
    ),
    _Shipped(
        "order_accepted",
        "Order accepted",
        "sales_order",
        "Your order {{ sales_order.number }}",
        """Dear {{ contact.name }},

we have accepted your order {{ sales_order.number }} and tell you as soon as it is on its way.

{{ sender.name }}
""",
    ),
    _Shipped(
        "follow_up",
        "Follow-up",
        "lead",
        "Our conversation",
        """Dear {{ lead.name }},

thank you for the time you took for us. May we answer any further question?

{{ sender.name }}
""",
    ),
    _Shipped(
        "thanks",
        "Thanks for the order",
        "account",
        "Thank you",
        """Dear {{ contact.name }},

thank you for your order and for your trust.

{{ sender.name }}
""",
    ),
)


def install_templates(database: Database, settings: Settings) -> None:
    """Add the shipped templates that are not there yet; those reworded stay as they are.

    Also reads TANDEM_SMTP_URL and the key of what is kept encrypted, so that a mistake in them
    stops the start: raises ValueError.
    """
    outlets.from_url(settings.smtp_url)
    sealing.use_keys(settings)
    entities = {EMAIL_TEMPLATE.name: EMAIL_TEMPLATE}
    with journal.unit_of_work(database, system_caller(), entities) as uow:
        uow.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        known = set(uow.session.scalars(select(EmailTemplate.key)))
        for shipped in SHIPPED:
            if shipped.key not in known:
                values = {
                    "key": shipped.key,
                    "name": shipped.name,
                    "module": shipped.module or None,
                    "subject": shipped.subject,
                    "body_text": shipped.body_text,
                }
                store.insert(uow, EMAIL_TEMPLATE, values, source="CRM")
