"""A quote: what one offers, revised until it is accepted, rejected or out of date (spec 1.9)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy.orm import Mapped, relationship

from contracts.errors import FieldError, refused
from crmkit import fields as f
from crmkit.entity import Access, Entity, Snapshot
from crmkit.priced import RETAINED, Priced, PricedLine, compute_totals
from crmkit.records import store
from crmkit.records.reading import rendering
from crmkit.saved_view import SavedView
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import Base, documents

STAGES = ("Created", "Delivered", "Reviewed", "Accepted", "Rejected")
CLOSED = frozenset({"Accepted", "Rejected"})


class QuoteLine(PricedLine, Base):
    """One product offered."""

    __tablename__ = "quote_line"

    record_id: Mapped[str] = documents.of_record("quote")
    product_id: Mapped[str] = f.link("product", required=True)


class Quote(Priced, Base):
    """`stage` moves by actions alone, from left to right; `revision` counts what was offered."""

    __tablename__ = "quote"

    account_id: Mapped[str | None] = f.link("account", when_deleted=f.REFUSE)
    contact_id: Mapped[str | None] = f.link("contact", when_deleted=f.REFUSE)
    lead_id: Mapped[str | None] = f.link("lead", when_deleted=f.REFUSE)
    opportunity_id: Mapped[str | None] = f.link("opportunity", when_deleted=f.REFUSE)
    stage: Mapped[str] = f.picklist(STAGES, default="Created", read_only=True)
    revision: Mapped[int] = f.integer(default=1, read_only=True)
    valid_till: Mapped[date | None] = f.date()
    shipping: Mapped[str | None] = f.text(length=100)
    inventory_manager_id: Mapped[str | None] = f.link("user")
    search: Mapped[Any] = f.search("number", "subject")
    lines: Mapped[list[QuoteLine]] = relationship(
        order_by=QuoteLine.sequence, cascade="all, delete-orphan", lazy="selectin"
    )


def changed_offer_is_a_new_revision(_: UnitOfWork, quote: Quote, before: Snapshot) -> None:
    """What the customer has been shown stays countable; the new offer is yet to be delivered."""
    if before.get("stage") not in {"Delivered", "Reviewed"}:
        return
    offered = ("currency", "total", "valid_till", "terms")
    same = all(getattr(quote, name) == before[name] for name in offered)
    if not same or not documents.same_lines(QUOTE, quote, before):
        quote.revision += 1
        quote.stage = "Created"


def quote_is_for_somebody(quote: Quote, _: Snapshot) -> Iterable[FieldError]:
    """An offer to nobody cannot be delivered."""
    if quote.account_id is None and quote.contact_id is None and quote.lead_id is None:
        detail = "give the account, the contact or the lead that the quote is for"
        yield FieldError("/account_id", "required", detail)


def closed_quote_is_read_only(_: Quote, before: Snapshot) -> None:
    """What was accepted or rejected stays as the customer saw it."""
    stage = before.get("stage")
    if stage in CLOSED:
        raise refused("quote_closed", f"The quote is {stage.lower()} already.")


def advance(uow: UnitOfWork, quote: Quote, stage: str) -> Quote:
    """Move the quote on to `stage`.

    Raises Problem 409 `quote_closed` when it is decided, `quote_stage_passed` when it has been
    at that stage already.
    """
    before = rendering.state(uow.of(QUOTE), quote)
    closed_quote_is_read_only(quote, before)
    if STAGES.index(stage) <= STAGES.index(quote.stage):
        raise refused("quote_stage_passed", f"The quote is {quote.stage.lower()} already.")
    quote.stage = stage
    store.touch(uow, QUOTE, quote, before, fact=stage.lower())
    return quote


QUOTE = Entity(
    model=Quote,
    name="quote",
    plural="quotes",
    title="Quote",
    label=("subject",),
    access=Access.OWNED,
    prefix="QUO",
    retained=RETAINED,
    line_model=QuoteLine,
    derive=(compute_totals, changed_offer_is_a_new_revision),
    rules=(quote_is_for_somebody, closed_quote_is_read_only),
    verbs=frozenset({"deliver", "review", "accept", "reject", "order", "invoice"}),
    facts=frozenset({"delivered", "reviewed", "accepted", "rejected"}),
    views=(
        SavedView(
            "open_quotes",
            "Open Quotes",
            ("number", "subject", "stage", "account_id.name", "valid_till", "total", "owner_id"),
            {"field": "stage", "operator": "ne", "value": ["Accepted", "Rejected"]},
            sort=("valid_till",),
            metric=True,
        ),
        SavedView(
            "rejected_quotes",
            "Rejected Quotes",
            ("number", "subject", "account_id.name", "valid_till", "total", "owner_id"),
            {"field": "stage", "value": "Rejected"},
            sort=("-modified_at",),
        ),
    ),
)
