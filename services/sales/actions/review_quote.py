"""Noting that the customer has looked at a quote."""

from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import quote as quotes


def review_quote(uow: UnitOfWork, quote: quotes.Quote) -> quotes.Quote:
    """Move the quote to Reviewed; raises what `quotes.advance` raises."""
    return quotes.advance(uow, quote, "Reviewed")
