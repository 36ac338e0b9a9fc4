"""What a quote, order, invoice or purchase order adds up to, the same to the cent everywhere.

`document` is what a person typed, `results` what the document prints, `formulas` the seven steps
between them (spec 1.9), `checks` what is refused before the first step.
"""

from crmkit.totals.checks import DocumentError
from crmkit.totals.document import NO_DISCOUNT, Charge, Discount, Document, Line, Tax
from crmkit.totals.formulas import balance, totals
from crmkit.totals.results import ChargeTotals, LineTotals, TaxAmount, Totals

__all__ = [
    "NO_DISCOUNT",
    "Charge",
    "ChargeTotals",
    "Discount",
    "Document",
    "DocumentError",
    "Line",
    "LineTotals",
    "Tax",
    "TaxAmount",
    "Totals",
    "balance",
    "totals",
]
