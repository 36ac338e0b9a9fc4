"""Conditions as SQL. One on an empty field is false, and what denies it is then true."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from crmkit.fields import Field, Kind
from crmkit.records.filters.dates import Span, Viewpoint
from crmkit.records.filters.operators import ORDERED, TEXTS, Operator
from crmkit.records.filters.spans import meant, span
from crmkit.records.reading.paths import Path
from crmkit.unit_of_work import UnitOfWork


def of_condition(
    uow: UnitOfWork, path: Path, operator: Operator, values: Sequence[Any], seen: Viewpoint
) -> ColumnElement[bool]:
    """The clause over the table in which `path` begins."""
    if path.mark is None:
        asked = _held(path.column, path.field, operator.asked, values, seen)
    else:
        record_id = path.entities[-1].columns["id"]
        asked = path.mark.held(uow, record_id, operator.asked, values)
    held = path.within(uow, asked)
    if not operator.denies(values):
        return held
    if operator.name == "empty" and not path.links:
        return not_(held)
    return denied(held)


def denied(clause: ColumnElement[bool]) -> ColumnElement[bool]:
    """True wherever the clause is not: where it is false, and where it is unknown."""
    return clause.is_not(true())


def every(clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """All of them hold."""
    return and_(true(), *clauses)


def either(clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """One of them holds."""
    return or_(false(), *clauses)


def _held(
    column: Any, field: Field, operator: str, values: Sequence[Any], seen: Viewpoint
) -> ColumnElement[bool]:
    if operator == "empty":
        return _filled(column, field)
    if field.kind is Kind.MULTISELECT:
        return or_(*(column.contains([value]) for value in values))
    if operator in _PATTERNS:
        return _PATTERNS[operator](column, values[0])
    if field.kind in ORDERED:
        return _compared(column, operator, [span(field, value, seen) for value in values])
    found: ColumnElement[bool] = column.in_([meant(value, seen) for value in values])
    return found


def _filled(column: Any, field: Field) -> ColumnElement[bool]:
    filled: ColumnElement[bool] = column.is_not(None)
    return and_(filled, column != "") if field.kind in TEXTS else filled


_PATTERNS: Mapping[str, Callable[[Any, str], ColumnElement[bool]]] = {
    "contains": lambda column, text: column.icontains(text, autoescape=True),
    "starts_with": lambda column, text: column.istartswith(text, autoescape=True),
    "ends_with": lambda column, text: column.iendswith(text, autoescape=True),
}


def _compared(column: Any, operator: str, spans: Sequence[Span]) -> ColumnElement[bool]:
    if operator == "eq":
        points = [s.low for s in spans if s.low == s.high]
        ranges = [_up_to(column, s) & (column >= s.low) for s in spans if s.low != s.high]
        return or_(column.in_(points), *ranges) if points else or_(*ranges)
    first, last = spans[0], spans[-1]
    found: ColumnElement[bool]
    match operator:
        case "gt":
            found = column >= first.high if first.open else column > first.high
        case "gte":
            found = column >= first.low
        case "lt":
            found = column < first.low
        case "lte":
            found = _up_to(column, first)
        case _:
            found = and_(column >= first.low, _up_to(column, last))
    return found


def _up_to(column: Any, covered: Span) -> Any:
    return column < covered.high if covered.open else column <= covered.high
