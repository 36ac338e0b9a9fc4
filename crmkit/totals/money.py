"""How money is rounded: half-up at the decimals of its currency, and nowhere else."""

from collections.abc import Callable
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    FloatOperation,
    InvalidOperation,
    Overflow,
)

# Wide enough that nothing is rounded but by `rounding_to`, whatever context the caller has set.
# Half-up goes away from zero on both sides, which makes a return the exact mirror of its sale.
EXACT = Context(
    prec=100, rounding=ROUND_HALF_UP, traps=[FloatOperation, InvalidOperation, Overflow]
)
UNITS = (Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("0.001"))
ZERO = Decimal(0)
HUNDRED = Decimal(100)
PERCENT = Decimal("0.01")

Money = Callable[[Decimal], Decimal]


def rounding_to(decimals: int) -> Money:
    """Return the function that rounds to 0, 1, 2 or 3 decimals, for use under EXACT."""
    unit = UNITS[decimals]
    # The plus turns a -0.00 into 0.00, which is what people expect to read.
    return lambda value: +value.quantize(unit)
