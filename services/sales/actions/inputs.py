"""What the bodies of several actions are made of."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from contracts.errors import FieldError, invalid
from crmkit.records.writing.value_types import UUID_PATTERN
from services.sales.entities.sales_order import SalesOrder, SalesOrderLine

Id = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]
Quantity = Annotated[Decimal, Constraint(gt=0, max_digits=19, decimal_places=4)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class PartOfLine(BaseModel):
    """So much of one line of the order."""

    model_config = ConfigDict(extra="forbid")
    line_id: Id
    quantity: Quantity


Parts = Annotated[list[PartOfLine], Constraint(min_length=1, max_length=1000)]


def parts_of(
    order: SalesOrder,
    asked: Sequence[PartOfLine] | None,
    left: Callable[[SalesOrderLine], Decimal],
) -> list[tuple[SalesOrderLine, Decimal]]:
    """The lines asked for with their quantities; without `asked`, all that is `left` of each.

    Raises Problem 422 that names every line that is not the order's, is named twice, or of which
    less is left.
    """
    if asked is None:
        return [(line, left(line)) for line in order.lines if left(line) > 0]
    lines = {line.id: line for line in order.lines}
    errors: list[FieldError] = []
    parts: list[tuple[SalesOrderLine, Decimal]] = []
    for position, part in enumerate(asked):
        at = f"/lines/{position}"
        line = lines.get(part.line_id)
        if line is None:
            errors.append(FieldError(f"{at}/line_id", "unknown_line", "is no line of this order"))
        elif any(taken is line for taken, _ in parts):
            errors.append(FieldError(f"{at}/line_id", "duplicate_line", "is named twice"))
        elif part.quantity > left(line):
            detail = f"line {line.sequence} has {left(line).normalize():f} left"
            errors.append(FieldError(f"{at}/quantity", "more_than_left", detail))
        else:
            parts.append((line, part.quantity))
    if errors:
        raise invalid(errors)
    return parts
