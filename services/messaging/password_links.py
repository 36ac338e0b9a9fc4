"""Mails the links that set a password once; their secret is in no record, event or log.

It stays sealed until the mail leaves, and goes with it.
"""

from base64 import b64decode
from collections.abc import Sequence

from sqlalchemy import select

from contracts.events.base import Event
from crmkit import sealing
from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.messaging.entities.email import EMAIL, ONE_TIME_LINK, SYSTEM_SOURCE, Email
from services.messaging.entities.email_template import EmailTemplate
from services.messaging.shipped_templates import FORGOTTEN, INVITED

_TEMPLATES = {"invited": INVITED, "forgotten": FORGOTTEN}
PAGE = "/set-password"
"""The gateway's page; the secret is behind `#`, so that no server or log ever sees it."""


def mail_password_links(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """One mail for each link. Raises sealing.Unreadable where the key is not identity's."""
    query = select(EmailTemplate.key, EmailTemplate.id).where(
        EmailTemplate.key.in_(_TEMPLATES.values())
    )
    templates = {row.key: row.id for row in uow.session.execute(query)}
    for event in events:
        link = event.data
        token = sealing.unseal(b64decode(link["sealed"]), f"password_link/{event.subject}")
        values = {
            "to": [link["email"]],
            "template_id": templates[_TEMPLATES[link["reason"]]],
            "merge": {
                "recipient": {"name": link["name"]},
                "until": link["expires_at"][:16].replace("T", " "),
                "link": ONE_TIME_LINK,
            },
            "owner_id": link["user_id"],
        }
        email = store.insert(uow.because_of(event), EMAIL, values, source=SYSTEM_SOURCE)
        email.secret = sealing.seal(token, _purpose(email))


def opened(email: Email, public_url: str) -> str:
    """The link that this mail is to carry; empty for a mail without one. Raises Unreadable."""
    if email.secret is None:
        return ""
    return f"{public_url}{PAGE}#token={sealing.unseal(email.secret, _purpose(email))}"


def _purpose(email: Email) -> str:
    return f"email/{email.id}"
