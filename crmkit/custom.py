"""How the value of an administrator's own field is kept: in JSON, in Python, and as SQL.

All of a record's values stand in its `custom` column, each under its field's key. Every expression
here is immutable to PostgreSQL, so that an index on it can serve filters and the order of lists.
"""

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Interval,
    Numeric,
    Text,
    Time,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB

from crmkit.fields import Field, Kind

_EPOCH = date(1970, 1, 1)

_ENCODED: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: lambda number: format(number, "f"),
    Kind.PERCENT: lambda number: format(number, "f"),
    Kind.MONEY: lambda number: format(number, "f"),
    Kind.DATE: lambda day: (day - _EPOCH).days,
    Kind.TIME: lambda moment: moment.hour * 3600 + moment.minute * 60 + moment.second,
    Kind.MULTISELECT: list,
}
_DECODED: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: Decimal,
    Kind.PERCENT: Decimal,
    Kind.MONEY: Decimal,
    Kind.DATE: lambda days: _EPOCH + timedelta(days=days),
    Kind.TIME: lambda seconds: time(seconds // 3600, seconds // 60 % 60, seconds % 60),
}
"""Days since 1970 and seconds since midnight: a cast of text to a date is not immutable."""


def put(values: Mapping[str, Any] | None, field: Field, value: Any) -> dict[str, Any]:
    """The `custom` column's content `values` with this value; an empty one takes no room."""
    changed = dict(values or {})
    if value is None:
        changed.pop(field.key, None)
    else:
        changed[field.key] = encoded(field, value)
    return changed


def get(values: Mapping[str, Any] | None, field: Field) -> Any:
    """The value in Python; a box that nobody has seen yet is not ticked."""
    held = (values or {}).get(field.key)
    if held is None:
        return False if field.kind is Kind.BOOLEAN else None
    return decoded(field, held)


def encoded(field: Field, value: Any) -> Any:
    """A value of the field as JSON keeps it; also of a declared one."""
    return _ENCODED.get(field.kind, _as_it_is)(value)


def decoded(field: Field, held: Any) -> Any:
    """What JSON keeps as Python has it."""
    return _DECODED.get(field.kind, _as_it_is)(held)


def _as_it_is(value: Any) -> Any:
    return value


def expression(column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:  # noqa: PLR0911 - one for each
    """The value in SQL, of the type that a column of this kind would have."""
    key: ColumnElement[Any] = literal_column(f"'{field.key}'", Text)
    text = column.op("->>", return_type=Text())(key)
    match field.kind:
        case Kind.INTEGER:
            return cast(text, Integer)
        case Kind.DECIMAL | Kind.PERCENT | Kind.MONEY:
            return cast(text, Numeric)
        case Kind.BOOLEAN:
            return func.coalesce(cast(text, Boolean), literal_column("false", Boolean))
        case Kind.DATE:
            epoch: ColumnElement[Any] = literal_column("DATE '1970-01-01'", Date)
            return epoch.op("+", return_type=Date())(cast(text, Integer)).self_group()
        case Kind.TIME:
            second = literal_column("INTERVAL '1 second'", Interval)
            midnight: ColumnElement[Any] = literal_column("TIME '00:00'", Time)
            since = cast(text, Integer).op("*", return_type=Interval())(second)
            return midnight.op("+", return_type=Time())(since).self_group()
        case Kind.MULTISELECT:
            return column.op("->", return_type=JSONB())(key)
        case _:
            return text
