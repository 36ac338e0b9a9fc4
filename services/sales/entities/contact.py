"""A contact: a person, usually at an account, whom one talks to."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy.orm import Mapped

from contracts.errors import FieldError
from crmkit import fields as f
from crmkit.entity import Access, Entity, Linked, Snapshot
from crmkit.record import Owned
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base, trees
from services.sales.entities.choices import CONTACT_ROLES, LEAD_SOURCES, SALUTATIONS
from services.sales.entities.consent import keep_consent


class Contact(Owned, Base):
    """`reports_to_id` is the person's superior, a contact too (spec 1.6)."""

    __tablename__ = "contact"

    salutation: Mapped[str | None] = f.picklist(SALUTATIONS)
    first_name: Mapped[str | None] = f.text(length=80, personal=True)
    last_name: Mapped[str] = f.text(length=80, required=True, personal=True)
    account_id: Mapped[str | None] = f.link("account")
    phone: Mapped[str | None] = f.phone()
    mobile: Mapped[str | None] = f.phone()
    home_phone: Mapped[str | None] = f.phone()
    other_phone: Mapped[str | None] = f.phone()
    fax: Mapped[str | None] = f.phone()
    email: Mapped[str | None] = f.email()
    secondary_email: Mapped[str | None] = f.email()
    lead_source: Mapped[str | None] = f.picklist(LEAD_SOURCES)
    title: Mapped[str | None] = f.text(length=100, personal=True)
    department: Mapped[str | None] = f.text(length=100, personal=True)
    birthdate: Mapped[date | None] = f.date(personal=True)
    reports_to_id: Mapped[str | None] = f.link("contact")
    assistant: Mapped[str | None] = f.text(length=100, personal=True)
    assistant_phone: Mapped[str | None] = f.phone()
    do_not_call: Mapped[bool] = f.boolean()
    email_opt_out: Mapped[bool] = f.boolean()
    reference: Mapped[bool] = f.boolean()
    notify_owner: Mapped[bool] = f.boolean()
    is_converted_from_lead: Mapped[bool] = f.boolean(read_only=True)
    portal: Mapped[bool] = f.boolean()
    support_start_date: Mapped[date | None] = f.date()
    support_end_date: Mapped[date | None] = f.date()
    mailing_street: Mapped[str | None] = f.text(personal=True)
    mailing_po_box: Mapped[str | None] = f.text(length=60, personal=True)
    mailing_city: Mapped[str | None] = f.text(length=120, personal=True)
    mailing_state: Mapped[str | None] = f.text(length=120, personal=True)
    mailing_code: Mapped[str | None] = f.text(length=30, personal=True)
    mailing_country: Mapped[str | None] = f.text(length=120, personal=True)
    other_street: Mapped[str | None] = f.text(personal=True)
    other_po_box: Mapped[str | None] = f.text(length=60, personal=True)
    other_city: Mapped[str | None] = f.text(length=120, personal=True)
    other_state: Mapped[str | None] = f.text(length=120, personal=True)
    other_code: Mapped[str | None] = f.text(length=30, personal=True)
    other_country: Mapped[str | None] = f.text(length=120, personal=True)
    description: Mapped[str | None] = f.long_text(personal=True)
    search: Mapped[Any] = f.search(
        "number", "first_name", "last_name", "email", "phone", "mobile", "mailing_city"
    )


def superiors_form_no_circle(uow: UnitOfWork, contact: Contact, before: Snapshot) -> None:
    """Nobody is, over however many steps, their own superior."""
    trees.refuse_circle(uow, contact, "reports_to_id", before)


def support_ends_after_it_starts(contact: Contact, _: Snapshot) -> Iterable[FieldError]:
    """Support runs from its first day to its last, both included."""
    start, end = contact.support_start_date, contact.support_end_date
    if start is not None and end is not None and end < start:
        yield FieldError("/support_end_date", "before_start", "is before the support starts")


CONTACT = Entity(
    model=Contact,
    name="contact",
    plural="contacts",
    title="Contact",
    label=("first_name", "last_name"),
    access=Access.OWNED,
    follows="account",
    prefix="CON",
    person=True,
    derive=(superiors_form_no_circle, keep_consent),
    rules=(support_ends_after_it_starts,),
    views=(
        SavedView(
            "contacts_address",
            "Contacts Address",
            (
                "number",
                "first_name",
                "last_name",
                "mailing_street",
                "mailing_city",
                "mailing_state",
                "mailing_code",
                "mailing_country",
            ),
            {},
            sort=("last_name",),
        ),
    ),
    aliases={"account_id": ("organization", "organisation", "company", "firm")},
    linked=(Linked("opportunity", roles=CONTACT_ROLES), Linked("product"), Linked("vendor")),
)
