"""Accepting a quote: the customer said yes while the offer stood."""

from contracts.errors import refused
from crmkit.unit_of_work import UnitOfWork
from services.sales.entities import quote as quotes


def accept_quote(uow: UnitOfWork, quote: quotes.Quote) -> quotes.Quote:
    """Move the quote to Accepted.

    Raises Problem 409 `quote_expired` after its last day (UTC), and what `quotes.advance` raises.
    """
    expired = quote.valid_till is not None and quote.valid_till < uow.at.date()
    if expired and quote.stage not in quotes.CLOSED:
        raise refused("quote_expired", f"The quote was valid till {quote.valid_till}.")
    return quotes.advance(uow, quote, "Accepted")
