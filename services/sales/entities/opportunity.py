"""An opportunity: a sale in sight, with its stage, its chance and what it would bring."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from sqlalchemy.orm import Mapped

from crmkit import fields as f
from crmkit.choices import Traits
from crmkit.entity import Access, Entity, Linked, Snapshot
from crmkit.priced import Percentage
from crmkit.record import Owned
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base
from services.sales.entities.choices import CONTACT_ROLES, LEAD_SOURCES


class Stage(Traits):
    """What a stage means: the chance in percent that it brings, and whether it decides the sale."""

    lasting = ("outcome",)
    probability: Percentage = Decimal(0)
    outcome: Literal["open", "won", "lost"] = "open"


STAGES = {
    "Prospecting": Stage(probability=Decimal(10)),
    "Qualification": Stage(probability=Decimal(20)),
    "Needs Analysis": Stage(probability=Decimal(25)),
    "Value Proposition": Stage(probability=Decimal(50)),
    "Id. Decision Makers": Stage(probability=Decimal(60)),
    "Perception Analysis": Stage(probability=Decimal(70)),
    "Proposal/Price Quote": Stage(probability=Decimal(75)),
    "Negotiation/Review": Stage(probability=Decimal(90)),
    "Closed Won": Stage(probability=Decimal(100), outcome="won"),
    "Closed Lost": Stage(outcome="lost"),
}

_FEWEST_DECIMALS = 2


class Opportunity(Owned, Base):
    """`amount` is in the organisation's base currency (spec 1.8)."""

    __tablename__ = "opportunity"

    name: Mapped[str] = f.text(required=True)
    account_id: Mapped[str | None] = f.link("account")
    contact_id: Mapped[str | None] = f.link("contact")
    amount: Mapped[Decimal | None] = f.money()
    closing_date: Mapped[date] = f.date(required=True)
    stage: Mapped[str] = f.picklist(STAGES, default="Prospecting")
    stage_class: Mapped[str] = f.picklist(("open", "won", "lost"), default="open", read_only=True)
    probability: Mapped[Decimal | None] = f.percent()
    forecast_amount: Mapped[Decimal | None] = f.money(read_only=True)
    type: Mapped[str | None] = f.picklist(("Existing Business", "New Business"))
    next_step: Mapped[str | None] = f.text()
    lead_source: Mapped[str | None] = f.picklist(LEAD_SOURCES)
    is_converted_from_lead: Mapped[bool] = f.boolean(read_only=True)
    description: Mapped[str | None] = f.long_text(personal=True)
    search: Mapped[Any] = f.search("number", "name", "next_step")


def follow_the_stage(uow: UnitOfWork, opportunity: Opportunity, before: Snapshot) -> None:
    """A new stage brings its own chance unless one is given with it; once it is decided, no other.

    A stage that was never in the list (copied from elsewhere) leaves the sale open.
    """
    choice = uow.of(OPPORTUNITY).fields["stage"].picklist.get(opportunity.stage)
    stage = Stage() if choice is None else choice.traits
    moved = opportunity.stage != before.get("stage")
    given = opportunity.probability is not None and (
        opportunity.probability != before.get("probability")
    )
    decided = stage.outcome != "open"
    if decided or opportunity.probability is None or (moved and not given):
        opportunity.probability = stage.probability
    opportunity.stage_class = stage.outcome


def forecast(_: UnitOfWork, opportunity: Opportunity, __: Snapshot) -> None:
    """Amount x probability / 100 (spec 1.8), half-up to the cent or as finely as the amount is."""
    amount, probability = opportunity.amount, opportunity.probability
    if amount is None or probability is None:
        opportunity.forecast_amount = None
        return
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    unit = Decimal(1).scaleb(min(exponent, -_FEWEST_DECIMALS))
    opportunity.forecast_amount = (amount * probability / 100).quantize(unit, ROUND_HALF_UP)


OPPORTUNITY = Entity(
    model=Opportunity,
    name="opportunity",
    plural="opportunities",
    title="Opportunity",
    label=("name",),
    access=Access.OWNED,
    prefix="POT",
    derive=(follow_the_stage, forecast),
    views=(
        SavedView(
            "potentials_won",
            "Potentials Won",
            ("number", "name", "account_id.name", "amount", "closing_date", "owner_id"),
            {"field": "stage_class", "value": "won"},
            sort=("-closing_date",),
            metric=True,
        ),
        SavedView(
            "prospecting",
            "Prospecting",
            ("number", "name", "account_id.name", "amount", "closing_date", "owner_id"),
            {"field": "stage", "value": "Prospecting"},
            sort=("closing_date",),
        ),
    ),
    linked=(Linked("contact", roles=CONTACT_ROLES), Linked("product")),
)
