"""An account: an organisation one does business with, perhaps a member of a larger one."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped

from crmkit import fields as f
from crmkit.entity import Access, Entity, Linked, Snapshot
from crmkit.priced import Addressed
from crmkit.record import Owned
from crmkit.records.deduplication import duplicates
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base, trees
from services.sales.entities.choices import INDUSTRIES, RATINGS

TYPES = (
    "Analyst",
    "Competitor",
    "Customer",
    "Integrator",
    "Investor",
    "Partner",
    "Press",
    "Prospect",
    "Reseller",
    "Other",
)


class Account(Addressed, Owned, Base):
    """`member_of_id` is the organisation this one is a part of (spec 1.5)."""

    __tablename__ = "account"

    name: Mapped[str] = f.text(required=True)
    phone: Mapped[str | None] = f.phone()
    other_phone: Mapped[str | None] = f.phone()
    fax: Mapped[str | None] = f.phone()
    email: Mapped[str | None] = f.email()
    secondary_email: Mapped[str | None] = f.email()
    website: Mapped[str | None] = f.url()
    ticker_symbol: Mapped[str | None] = f.text(length=30)
    member_of_id: Mapped[str | None] = f.link("account")
    employees: Mapped[int | None] = f.integer()
    ownership: Mapped[str | None] = f.text(length=100)
    industry: Mapped[str | None] = f.picklist(INDUSTRIES)
    rating: Mapped[str | None] = f.picklist(RATINGS)
    type: Mapped[str | None] = f.picklist(TYPES)
    sic_code: Mapped[str | None] = f.text(length=30)
    annual_revenue: Mapped[Decimal | None] = f.money()
    email_opt_out: Mapped[bool] = f.boolean()
    notify_owner: Mapped[bool] = f.boolean()
    is_converted_from_lead: Mapped[bool] = f.boolean(read_only=True)
    description: Mapped[str | None] = f.long_text()
    search: Mapped[Any] = f.search("number", "name", "email", "phone", "website", "billing_city")


Index("ix_account_lower_name", func.lower(Account.name))
Index("ix_account_same_name", duplicates.key([Account.__table__.c.name]))


def membership_has_no_circle(uow: UnitOfWork, account: Account, before: Snapshot) -> None:
    """An account is never, over however many steps, a member of itself."""
    trees.refuse_circle(uow, account, "member_of_id", before)


ACCOUNT = Entity(
    model=Account,
    name="account",
    plural="accounts",
    title="Account",
    label=("name",),
    access=Access.OWNED,
    prefix="ACC",
    no_two=(("name",),),
    derive=(membership_has_no_circle,),
    views=(
        SavedView(
            "prospect_accounts",
            "Prospect Accounts",
            ("number", "name", "phone", "website", "rating", "owner_id"),
            {"field": "type", "value": "Prospect"},
            sort=("name",),
            metric=True,
        ),
        SavedView(
            "new_this_week",
            "New This Week",
            ("number", "name", "billing_city", "website", "owner_id", "created_at"),
            {"field": "created_at", "value": "this_week"},
            sort=("-created_at",),
        ),
    ),
    linked=(Linked("product"),),
    rolls_up=("contact.account_id",),
)
