"""A lead: somebody who might buy, until converted into an account, a contact, an opportunity."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Mapped

from contracts.errors import refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Linked, Snapshot
from crmkit.record import Owned
from crmkit.saved_view import SavedView
from services.sales.entities import Base
from services.sales.entities.choices import INDUSTRIES, LEAD_SOURCES, RATINGS, SALUTATIONS
from services.sales.entities.consent import keep_consent

STATUSES = (
    "Attempted to Contact",
    "Cold",
    "Contact in Future",
    "Contacted",
    "Hot",
    "Junk Lead",
    "Lost Lead",
    "Not Contacted",
    "Pre Qualified",
    "Qualified",
    "Warm",
)


class Lead(Owned, Base):
    """Everything from `converted` on is written by the conversion alone (spec 1.7).

    What it became it goes on naming, even from the bin.
    """

    __tablename__ = "lead"

    salutation: Mapped[str | None] = f.picklist(SALUTATIONS)
    first_name: Mapped[str | None] = f.text(length=80, personal=True)
    last_name: Mapped[str] = f.text(length=80, required=True, personal=True)
    company: Mapped[str] = f.text(required=True)
    designation: Mapped[str | None] = f.text(length=100, personal=True)
    phone: Mapped[str | None] = f.phone()
    mobile: Mapped[str | None] = f.phone()
    fax: Mapped[str | None] = f.phone()
    email: Mapped[str | None] = f.email()
    secondary_email: Mapped[str | None] = f.email()
    website: Mapped[str | None] = f.url(personal=True)
    lead_source: Mapped[str | None] = f.picklist(LEAD_SOURCES)
    status: Mapped[str | None] = f.picklist(STATUSES)
    rating: Mapped[str | None] = f.picklist(RATINGS)
    industry: Mapped[str | None] = f.picklist(INDUSTRIES)
    annual_revenue: Mapped[Decimal | None] = f.money()
    employees: Mapped[int | None] = f.integer()
    street: Mapped[str | None] = f.text(personal=True)
    po_box: Mapped[str | None] = f.text(length=60, personal=True)
    city: Mapped[str | None] = f.text(length=120, personal=True)
    state: Mapped[str | None] = f.text(length=120, personal=True)
    code: Mapped[str | None] = f.text(length=30, personal=True)
    country: Mapped[str | None] = f.text(length=120, personal=True)
    email_opt_out: Mapped[bool] = f.boolean()
    description: Mapped[str | None] = f.long_text(personal=True)
    converted: Mapped[bool] = f.boolean(read_only=True)
    converted_at: Mapped[datetime | None] = f.instant(read_only=True)
    account_id: Mapped[str | None] = f.link("account", read_only=True, when_deleted=f.KEEP)
    contact_id: Mapped[str | None] = f.link("contact", read_only=True, when_deleted=f.KEEP)
    opportunity_id: Mapped[str | None] = f.link("opportunity", read_only=True, when_deleted=f.KEEP)
    transferred_to: Mapped[str | None] = f.picklist(("account", "contact"), read_only=True)
    search: Mapped[Any] = f.search(
        "number", "first_name", "last_name", "company", "email", "phone", "mobile", "city"
    )


def converted_lead_is_read_only(_: Lead, before: Snapshot) -> None:
    """What was handed over lives on in what it became."""
    if before.get("converted"):
        raise refused("lead_already_converted", "The lead has been converted.")


LEAD = Entity(
    model=Lead,
    name="lead",
    plural="leads",
    title="Lead",
    label=("first_name", "last_name"),
    access=Access.OWNED,
    prefix="LEA",
    person=True,
    derive=(keep_consent,),
    rules=(converted_lead_is_read_only,),
    verbs=frozenset({"convert"}),
    facts=frozenset({"converted"}),
    unlisted="converted",
    views=(
        SavedView(
            "hot_leads",
            "Hot Leads",
            (
                "number",
                "first_name",
                "last_name",
                "company",
                "lead_source",
                "website",
                "email",
                "owner_id",
            ),
            {"field": "status", "value": "Hot"},
            sort=("last_name",),
            metric=True,
        ),
        SavedView(
            "this_month_leads",
            "This Month Leads",
            ("number", "first_name", "last_name", "company", "lead_source", "email", "created_at"),
            {"field": "created_at", "value": "this_month"},
            sort=("-created_at",),
        ),
    ),
    linked=(Linked("product"),),
)
