"""From an e-mail record to the message that goes over the wire (RFC 5322)."""

from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from services.messaging.entities.email import ONE_TIME_LINK, Email
from services.messaging.outlets import DEFAULT_SENDER

_POLICY = policy.SMTPUTF8.clone(max_line_length=78)


def compose(email: Email, forced_sender: str | None, link: str = "") -> EmailMessage:
    """The same message each time it is asked for; blind copies are not in it.

    Where one From address is forced on all mail, answers still go to whoever wrote it. `link` takes
    the place that the text has for it; such a mail is plain, since HTML might carry it elsewhere.
    """
    message = EmailMessage(policy=_POLICY)
    message["Message-ID"] = email.message_id
    message["Date"] = format_datetime(email.created_at)
    message["From"] = forced_sender or email.from_address or DEFAULT_SENDER
    if forced_sender and email.from_address:
        message["Reply-To"] = email.from_address
    message["To"] = ", ".join(email.to)
    if email.cc:
        message["Cc"] = ", ".join(email.cc)
    message["Subject"] = email.subject
    if link:
        message.set_content((email.body_text or ONE_TIME_LINK).replace(ONE_TIME_LINK, link))
    elif email.body_text:
        message.set_content(email.body_text)
        if email.body_html:
            message.add_alternative(email.body_html, subtype="html")
    else:
        message.set_content(email.body_html or "", subtype="html")
    return message


def recipients(email: Email) -> list[str]:
    """Everybody who gets it, each once."""
    return list(dict.fromkeys([*email.to, *email.cc, *email.bcc]))
