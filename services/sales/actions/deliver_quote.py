"""Noting that a quote has gone out to the customer."""

from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import quote as quotes


def deliver_quote(uow: UnitOfWork, quote: quotes.Quote) -> quotes.Quote:
    """Move the quote to Delivered; raises what `quotes.advance` raises."""
    return quotes.advance(uow, quote, "Delivered")
