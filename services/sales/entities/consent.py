"""Whether a person wants mass mail: each word given, by whom, when, how and with what proof."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped

from contracts.errors import FieldError
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Owned
from crmkit.records import store
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base

STATUSES = ("opt_in", "opt_out")
WAYS = ("Form", "Phone", "Letter", "In person", "Link in an e-mail", "Edited")
EDITED = "Edited"
_BEING_TAKEN = "consent of"


class Consent(Owned, Base):
    """A word once given stands; a later one takes its place, by `given_at`.

    The person's `email_opt_out` is what the latest says, whichever of the two is written.
    """

    __tablename__ = "consent"

    contact_id: Mapped[str | None] = f.link("contact", when_deleted=f.PURGE)
    lead_id: Mapped[str | None] = f.link("lead", when_deleted=f.PURGE)
    status: Mapped[str] = f.picklist(STATUSES, required=True, fixed=True)
    given_at: Mapped[datetime | None] = f.instant()
    way: Mapped[str] = f.picklist(WAYS, required=True, protected=(EDITED,))
    obtained_from: Mapped[str | None] = f.text(personal=True)
    proof: Mapped[str | None] = f.long_text(personal=True)
    search: Mapped[Any] = f.search("obtained_from", "proof")


def given_now_unless_said(uow: UnitOfWork, consent: Consent, _: Snapshot) -> None:
    """A word without a time was given when it was written down."""
    if consent.given_at is None:
        consent.given_at = uow.at


def counts_from_now_on(uow: UnitOfWork, consent: Consent, before: Snapshot) -> None:
    """The person's own field says the same; whose the person is sees the consent."""
    which = _whose(consent)
    if before or which is None:
        return
    entity, record_id = uow.entities[which[0]], which[1]
    person = store.lock(uow, entity, [record_id]).get(record_id)
    if person is None:
        return
    consent.owner_id = person.owner_id
    held = Consent.contact_id if consent.contact_id else Consent.lead_id
    with uow.session.no_autoflush:
        latest = uow.session.scalar(select(func.max(Consent.given_at)).where(held == record_id))
    if latest is None or consent.given_at is None or consent.given_at >= latest:
        uow.session.info[_BEING_TAKEN] = record_id
        wanted = {"email_opt_out": consent.status == "opt_out"}
        store.update(uow, entity, person, wanted)
        del uow.session.info[_BEING_TAKEN]


def keep_consent(uow: UnitOfWork, person: Any, before: Snapshot) -> None:
    """Who ticks or clears a person's `email_opt_out` has been given a word, and it is kept."""
    if bool(before.get("email_opt_out")) == bool(person.email_opt_out):
        return
    if uow.session.info.get(_BEING_TAKEN) == person.id:
        return
    values = {
        f"{person.__tablename__}_id": person.id,
        "status": "opt_out" if person.email_opt_out else "opt_in",
        "way": EDITED,
        "owner_id": person.owner_id,
    }
    store.insert(uow, uow.entities["consent"], values, source="CRM")


def is_of_one_person(consent: Consent, _: Snapshot) -> Iterator[FieldError]:
    """A contact or a lead, not both."""
    if (consent.contact_id is None) == (consent.lead_id is None):
        yield FieldError("/contact_id", "required", "say whose: a contact or a lead")


def was_given_already(consent: Consent, _: Snapshot) -> Iterator[FieldError]:
    """Nobody has consented in the future."""
    if consent.given_at is not None and consent.given_at > datetime.now(consent.given_at.tzinfo):
        yield FieldError("/given_at", "out_of_range", "is in the future")


def _whose(consent: Consent) -> tuple[str, str] | None:
    if consent.contact_id is not None:
        return "contact", consent.contact_id
    return None if consent.lead_id is None else ("lead", consent.lead_id)


CONSENT = Entity(
    model=Consent,
    name="consent",
    plural="consents",
    title="Consent",
    label=("status",),
    access=Access.OWNED,
    derive=(given_now_unless_said, counts_from_now_on),
    rules=(is_of_one_person, was_given_already),
    closed=frozenset({"edit", "delete", "merge", "purge"}),
)
