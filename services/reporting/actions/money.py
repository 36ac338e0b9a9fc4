"""The currency in which reports add up."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy.orm import Session

from crmkit.records import currencies


@dataclass(frozen=True, slots=True)
class BaseCurrency:
    """The organisation's base currency."""

    code: str
    decimals: int

    def rounded(self, amount: Decimal) -> Decimal:
        """Half-up at the currency's decimals; only sums are rounded, never what they add up."""
        return amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)


def base_currency(session: Session) -> BaseCurrency:
    """Raises Problem 503 before this service has heard which it is."""
    row = currencies.resolve(session, None)
    return BaseCurrency(row.code, row.decimals)
