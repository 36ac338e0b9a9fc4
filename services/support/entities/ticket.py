"""A ticket: a customer's problem, from the first word to its solution (spec 1.18)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Mapped

from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.record import Owned
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.support.entities import Base

PRIORITIES = ("Low", "Normal", "High", "Urgent")
SEVERITIES = ("Minor", "Major", "Feature", "Critical")
STATUSES = ("Open", "In Progress", "Wait For Response", "Closed")
CATEGORIES = ("Big Problem", "Small Problem", "Other Problem")


class Ticket(Owned, Base):
    """`hours` and `days` are the time spent; `closed_at` is set and cleared with the status."""

    __tablename__ = "ticket"

    title: Mapped[str] = f.text(required=True, personal=True)
    status: Mapped[str] = f.picklist(STATUSES, default="Open", protected=("Closed",))
    priority: Mapped[str] = f.picklist(PRIORITIES, default="Normal")
    severity: Mapped[str] = f.picklist(SEVERITIES, default="Minor")
    category: Mapped[str | None] = f.picklist(CATEGORIES)
    account_id: Mapped[str | None] = f.link("account")
    contact_id: Mapped[str | None] = f.link("contact")
    product_id: Mapped[str | None] = f.link("product")
    hours: Mapped[Decimal | None] = f.decimal(minimum=0)
    days: Mapped[Decimal | None] = f.decimal(minimum=0)
    description: Mapped[str | None] = f.long_text(personal=True)
    solution: Mapped[str | None] = f.long_text(personal=True)
    closed_at: Mapped[datetime | None] = f.instant(read_only=True)
    search: Mapped[Any] = f.search("number", "title", "description", "solution")


def remember_when_closed(uow: UnitOfWork, ticket: Ticket, before: Snapshot) -> None:
    """The instant it was closed last; a ticket that is opened again has none."""
    if ticket.status != "Closed":
        ticket.closed_at = None
    elif before.get("status") != "Closed":
        ticket.closed_at = uow.at


TICKET = Entity(
    model=Ticket,
    name="ticket",
    plural="tickets",
    title="Ticket",
    label=("title",),
    access=Access.OWNED,
    prefix="TT",
    derive=(remember_when_closed,),
    views=(
        SavedView(
            "open_tickets",
            "Open Tickets",
            ("number", "title", "status", "priority", "severity", "owner_id"),
            {"field": "status", "operator": "ne", "value": "Closed"},
            sort=("-created_at",),
            metric=True,
        ),
        SavedView(
            "high_priority_tickets",
            "High Priority Tickets",
            ("number", "title", "status", "severity", "owner_id"),
            {
                "all": [
                    {"field": "priority", "value": ["High", "Urgent"]},
                    {"field": "status", "operator": "ne", "value": "Closed"},
                ]
            },
            sort=("-created_at",),
        ),
    ),
)
