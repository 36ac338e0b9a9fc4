"""Rejecting a quote: the customer declined, and it stays as it was offered."""

from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import quote as quotes


def reject_quote(uow: UnitOfWork, quote: quotes.Quote) -> quotes.Quote:
    """Move the quote to Rejected; raises what `quotes.advance` raises."""
    return quotes.advance(uow, quote, "Rejected")
