"""The doors of messaging."""

from crmkit.doors.service import RecordService, every, post
from services.messaging.actions.preview_template import (
    Preview,
    PreviewTemplate,
    preview_template,
)
from services.messaging.actions.send_email import send_email
from services.messaging.entities import Base
from services.messaging.entities.email import EMAIL
from services.messaging.entities.email_template import EMAIL_TEMPLATE
from services.messaging.sending import send_due
from services.messaging.shipped_templates import install_templates
from services.messaging.subscriptions import SUBSCRIPTIONS


class MessagingService(RecordService):
    """Writes to people by mail: by hand, from templates, and when something happens."""

    name = "messaging"
    base = Base
    entities = (EMAIL_TEMPLATE, EMAIL)
    subscriptions = SUBSCRIPTIONS
    timers = (every(1, send_due),)
    start = install_templates

    preview = post(
        "/email-templates/{id}/preview",
        preview_template,
        entity=EMAIL_TEMPLATE,
        verb="preview",
        body=PreviewTemplate,
        returns=Preview,
    )
    send = post("/emails/{id}/send", send_email, entity=EMAIL, verb="send", returns=EMAIL)


SERVICE = MessagingService
