"""An e-mail template: words with merge fields, written once and sent many times (spec 1.3.6)."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Mapped

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Record
from crmkit.unit_of_work import UnitOfWork
from services.messaging import merging
from services.messaging.entities import Base

MODULES = (
    "lead",
    "account",
    "contact",
    "opportunity",
    "quote",
    "sales_order",
    "shipment",
    "invoice",
    "product",
    "vendor",
    "purchase_order",
    "ticket",
)
"""The entities an e-mail may be about."""

_WORDS = ("subject", "body_text", "body_html")


class EmailTemplate(Record, Base):
    """`key` is how the suite finds its own templates; those of users have none."""

    __tablename__ = "email_template"

    name: Mapped[str] = f.text(required=True)
    module: Mapped[str | None] = f.picklist(MODULES, fixed=True)
    description: Mapped[str | None] = f.text(length=2000)
    subject: Mapped[str] = f.text(required=True)
    body_text: Mapped[str | None] = f.long_text(length=merging.MAX_LENGTH)
    body_html: Mapped[str | None] = f.long_text(length=merging.MAX_LENGTH)
    key: Mapped[str | None] = f.text(length=60, read_only=True, unique=True)
    search: Mapped[Any] = f.search("name", "subject", "description")


def must_be_readable(template: EmailTemplate, before: Snapshot) -> Iterator[FieldError]:
    """A template with a mistake is refused now, not when the first customer should get it."""
    if not (template.body_text or template.body_html):
        yield FieldError("/body_text", "required", "give a text or an HTML body")
    for name in _WORDS:
        source = getattr(template, name)
        if source and source != before.get(name):
            try:
                merging.check(source)
            except merging.MergeError as error:
                yield FieldError(f"/{name}", "template_syntax", str(error))


def keep_system_templates(_: UnitOfWork, template: EmailTemplate) -> None:
    """The suite sends these itself, so they may be reworded but not thrown away."""
    if template.key is not None:
        raise refused("system_template", "A system template can be changed but not deleted.")


EMAIL_TEMPLATE = Entity(
    model=EmailTemplate,
    name="email_template",
    plural="email-templates",
    title="E-mail template",
    label=("name",),
    access=Access.SHARED,
    rules=(must_be_readable,),
    verbs=frozenset({"preview"}),
    on_delete=(keep_system_templates,),
)
