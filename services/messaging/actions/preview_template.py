"""Show what a template would say with given values."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.errors import FieldError, invalid
from crmkit.unit_of_work import UnitOfWork
from services.messaging import merging
from services.messaging.entities.email import MergeValues
from services.messaging.entities.email_template import EmailTemplate


class PreviewTemplate(BaseModel):
    """The values for the merge fields; one that is missing is shown as nothing."""

    model_config = ConfigDict(extra="forbid")

    merge: MergeValues = {}


class Preview(BaseModel):
    """The words as a reader would get them."""

    subject: str
    body_text: str | None
    body_html: str | None


def preview_template(_: UnitOfWork, template: EmailTemplate, body: PreviewTemplate) -> Preview:
    """Nothing is sent or stored. Raises Problem 422 if these values do not fit the template."""
    return Preview(
        subject=_fill("subject", template.subject, body.merge),
        body_text=_fill("body_text", template.body_text, body.merge),
        body_html=_fill("body_html", template.body_html, body.merge),
    )


def _fill(name: str, source: str | None, values: dict[str, Any]) -> Any:
    if source is None:
        return None
    try:
        return merging.fill(source, values, html=name == "body_html")
    except merging.MergeError as error:
        raise invalid([FieldError("/merge", "template_failed", f"{name}: {error}")]) from None
