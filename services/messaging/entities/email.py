"""An e-mail: what was said to whom, and whether it has left (spec 1.3.2)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import EmailStr, JsonValue, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import DateTime, Index, LargeBinary, select
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import FieldError, invalid, refused
from crmkit import fields as f
from crmkit.entity import Access, Computed, Entity, Snapshot
from crmkit.record import Owned
from crmkit.records.principals import principal
from crmkit.records.relations import links
from crmkit.unit_of_work import UnitOfWork, new_id
from services.messaging import consents, merging
from services.messaging.entities import Base
from services.messaging.entities.email_template import MODULES, EmailTemplate

STATUSES = ("queued", "sent", "failed")
SYSTEM_SOURCE = "CRM"
"""The source of mails that nobody wrote; they come from no person's address."""
MESSAGE_ID_DOMAIN = "mail.tandem.invalid"
"""The right-hand side of a Message-ID only has to be unique with the left (RFC 5322 3.6.4)."""

ONE_TIME_LINK = "[one-time link]"
"""In the words of a mail: the link itself is put in its place only when the mail leaves."""

Addresses = Annotated[list[EmailStr], Constraint(max_length=100)]
MergeValues = Annotated[
    dict[Annotated[str, StringConstraints(max_length=60)], JsonValue], Constraint(max_length=100)
]
_WRITTEN = ("to", "cc", "bcc", "subject", "body_text", "body_html")


class Email(Owned, Base):
    """`merge` holds the values for the template's merge fields; `related_id` what it is about.

    `message_id` never changes, so that a mail that goes out twice is one mail to its readers.
    `claimed_until` keeps other workers away while one is sending. `secret`, sealed, is for the
    link that stands in the place of `ONE_TIME_LINK` in the mail that leaves, and goes with it.
    """

    __tablename__ = "email"

    to: Mapped[list[str]] = f.json(Addresses, default=[], personal=True)
    cc: Mapped[list[str]] = f.json(Addresses, default=[], personal=True)
    bcc: Mapped[list[str]] = f.json(Addresses, default=[], personal=True)
    subject: Mapped[str | None] = f.text(length=500, personal=True)
    body_text: Mapped[str | None] = f.long_text(length=500_000, personal=True)
    body_html: Mapped[str | None] = f.long_text(length=500_000, personal=True)
    template_id: Mapped[str | None] = f.link("email_template", when_deleted=f.KEEP)
    merge: Mapped[dict[str, Any]] = f.json(MergeValues, default={}, personal=True)
    related_entity: Mapped[str | None] = f.picklist(MODULES, fixed=True)
    related_id: Mapped[str | None] = f.link("", target_in="related_entity", when_deleted=f.KEEP)
    from_address: Mapped[str | None] = f.text(read_only=True, personal=True)
    status: Mapped[str] = f.picklist(STATUSES, read_only=True, default="queued")
    attempts: Mapped[int] = f.integer(read_only=True, default=0)
    next_attempt_at: Mapped[datetime | None] = f.instant(read_only=True)
    sent_at: Mapped[datetime | None] = f.instant(read_only=True)
    last_error: Mapped[str | None] = f.text(length=2000, read_only=True, personal=True)
    message_id: Mapped[str | None] = f.text(read_only=True, unique=True)
    search: Mapped[Any] = f.search("subject", "body_text")
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)


Index(
    "ix_email_due",
    Email.next_attempt_at,
    Email.id,
    postgresql_where=(Email.status == "queued") & Email.deleted_at.is_(None),
)


def prepare(uow: UnitOfWork, email: Email, before: Snapshot) -> None:
    """What only the suite can know of a new mail: its sender, its identity, when it is due."""
    if before:
        return
    email.message_id = f"<{new_id()}@{MESSAGE_ID_DOMAIN}>"
    if email.status == "queued":
        email.next_attempt_at = uow.at
    if email.source != SYSTEM_SOURCE:
        sender = select(principal.c.email).where(principal.c.user_id == uow.caller.user_id)
        email.from_address = uow.session.scalar(sender)


def write_from_template(uow: UnitOfWork, email: Email, before: Snapshot) -> None:
    """Fill in the template's words for those not written by hand. Raises Problem 422."""
    if before or email.template_id is None:
        return
    template = uow.session.get_one(EmailTemplate, email.template_id)
    try:
        for name in ("subject", "body_text", "body_html"):
            source = getattr(template, name)
            if source and not getattr(email, name):
                text = merging.fill(source, email.merge, html=name == "body_html")
                setattr(email, name, " ".join(text.split()) if name == "subject" else text)
    except merging.MergeError as error:
        raise invalid([FieldError("/template_id", "template_failed", str(error))]) from None


def relate(uow: UnitOfWork, email: Email, before: Snapshot) -> None:
    """The record a mail is about must exist; the suite's own mails follow a fact about it.

    Raises Problem 422.
    """
    if email.source == SYSTEM_SOURCE or email.related_id == before.get("related_id"):
        return
    if email.related_id is not None and email.related_entity is None:
        raise invalid([FieldError("/related_entity", "required", "says what related_id is")])
    if email.related_id is not None:
        links.require(uow, str(email.related_entity), email.related_id, "/related_id")


def must_be_sendable(email: Email, _: Snapshot) -> Iterator[FieldError]:
    """A mail in the queue has a reader, a subject in one line, and something to say."""
    if email.status != "queued":
        return
    if not email.to:
        yield FieldError("/to", "required", "give at least one address")
    if not email.subject:
        yield FieldError("/subject", "required", "give a subject or a template")
    elif len(email.subject.splitlines()) > 1:
        yield FieldError("/subject", "invalid", "must be one line")
    if not (email.body_text or email.body_html):
        yield FieldError("/body_text", "required", "give a text, an HTML body or a template")


def sent_words_stand(email: Email, before: Snapshot) -> None:
    """What has been said or is about to be cannot be unsaid. Raises Problem 409."""
    if before.get("status") in {"queued", "sent"} and any(
        getattr(email, name) != before[name] for name in _WRITTEN
    ):
        raise refused("email_not_failed", "Only an e-mail that failed can be rewritten.")


def a_reader_has_opted_out() -> Any:
    """A single mail may still be sent, but who writes it is warned (spec 1.3.2)."""
    return consents.opted_out(Email.__table__)  # type: ignore[arg-type]


EMAIL = Entity(
    model=Email,
    name="email",
    plural="emails",
    title="E-mail",
    label=("subject",),
    access=Access.OWNED,
    follows="account",
    derive=(prepare, write_from_template, relate),
    rules=(must_be_sendable, sent_words_stand),
    closed=frozenset({"merge"}),
    verbs=frozenset({"send"}),
    facts=frozenset({"queued", "sent", "failed", "deferred"}),
    computed={"opted_out": Computed(bool, a_reader_has_opted_out)},
)
