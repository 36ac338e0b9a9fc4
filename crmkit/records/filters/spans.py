"""What a condition's values stand for at a moment, seen by somebody."""

from typing import Any

from crmkit.fields import Field, Kind
from crmkit.records.filters.dates import Span, Viewpoint, span_of_days, span_of_instants
from crmkit.records.filters.operators import ME


def span(field: Field, value: Any, seen: Viewpoint) -> Span:
    """What a value of an ordered field covers."""
    match field.kind:
        case Kind.DATE:
            return span_of_days(value, seen)
        case Kind.DATETIME:
            return span_of_instants(value, seen)
        case _:
            return Span(value, value)


def meant(value: Any, seen: Viewpoint) -> Any:
    """A value of any other field: `me` is whoever asks."""
    return seen.user_id if value == ME else value
