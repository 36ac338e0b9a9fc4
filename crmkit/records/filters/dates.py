"""Days as people name them: `today`, `last_week`, `next_30_days`, `this_fiscal_year`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.caller import Calendar, Caller

FARTHEST = 36_500
"""How many days or hours a name may lie away from now."""

_ONE_DAY = timedelta(days=1)
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where names are looked at from: whose days count, who `me` is, and which instant is now."""

    at: datetime
    user_id: str
    calendar: Calendar

    @property
    def today(self) -> date:
        """The day it is there."""
        return self.at.astimezone(ZoneInfo(self.calendar.time_zone)).date()

    def midnight(self, day: date) -> datetime:
        """When a day begins there (UTC); the earliest instant there is when it lies before it."""
        try:
            return datetime.combine(day, time(), ZoneInfo(self.calendar.time_zone)).astimezone(UTC)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)


def viewpoint(caller: Caller, at: datetime) -> Viewpoint:
    """The caller's, at this instant."""
    return Viewpoint(at, caller.user_id, caller.calendar)


@dataclass(frozen=True, slots=True)
class Span:
    """What one value covers: from `low` to `high`, which belongs to it unless it is `open`.

    A number or an instant covers itself; a day covers all its instants.
    """

    low: Any
    high: Any
    open: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """A name such as `last_7_days`, which means other days tomorrow."""

    name: str

    @property
    def needs_instants(self) -> bool:
        """Whether it counts hours, which calendar days do not have."""
        return "hour" in self.name


_NAMES = re.compile(
    r"(?P<day>yesterday|today|tomorrow)"
    r"|(?P<which>last|this|next)_(?P<unit>week|month|quarter|year|fiscal_quarter|fiscal_year)"
    r"|(?P<way>last|next)_(?P<length>\d{1,5})_(?P<counted>days|hours)"
    r"|(?P<ago>\d{1,5})_(?P<past>days|hours)_ago"
    r"|in_(?P<ahead>\d{1,5})_(?P<coming>days|hours)",
    re.ASCII,
)

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WHICH = {"last": -1, "this": 0, "next": 1}

PERIODS = (
    *_DAYS,
    *(
        f"{which}_{unit}"
        for unit in ("week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
        for which in _WHICH
    ),
    *("last_{n}_days", "next_{n}_days", "{n}_days_ago", "in_{n}_days"),
    *("last_{n}_hours", "next_{n}_hours", "{n}_hours_ago", "in_{n}_hours"),
)
"""Every name there is; those of hours are for instants alone."""


def period(name: str) -> Period | None:
    """The period people call so, or None."""
    found = _NAMES.fullmatch(name)
    if found is None:
        return None
    counts = [int(found[group]) for group in ("length", "ago", "ahead") if found[group]]
    return Period(name) if all(1 <= count <= FARTHEST for count in counts) else None


def span_of_days(value: date | Period, seen: Viewpoint) -> Span:
    """The first and the last day that a day or a period covers."""
    if isinstance(value, date):
        return Span(value, value)
    return Span(*_days(value, seen))


def span_of_instants(value: datetime | date | Period, seen: Viewpoint) -> Span:
    """The instants that an instant, a day or a period covers."""
    if isinstance(value, datetime):
        return Span(value, value)
    if isinstance(value, Period) and value.needs_instants:
        return _hours(value, seen)
    days = span_of_days(value, seen)
    if days.high == date.max:
        return Span(seen.midnight(days.low), datetime.max.replace(tzinfo=UTC))
    return Span(seen.midnight(days.low), seen.midnight(days.high + _ONE_DAY), open=True)


def _parts(value: Period) -> dict[str, str]:
    found = _NAMES.fullmatch(value.name)
    assert found is not None
    return {group: text for group, text in found.groupdict().items() if text}


def _days(value: Period, seen: Viewpoint) -> tuple[date, date]:
    today = seen.today
    match _parts(value):
        case {"day": day}:
            that = today + _DAYS[day] * _ONE_DAY
            return that, that
        case {"which": which, "unit": unit}:
            first = _FIRST[unit](today, _WHICH[which], seen.calendar)
            return first, _FIRST[unit](today, _WHICH[which] + 1, seen.calendar) - _ONE_DAY
        case {"way": "last", "length": length}:
            return today - (int(length) - 1) * _ONE_DAY, today
        case {"way": "next", "length": length}:
            return today, today + (int(length) - 1) * _ONE_DAY
        case {"ago": ago}:
            that = today - int(ago) * _ONE_DAY
            return that, that
        case {"ahead": ahead}:
            that = today + int(ahead) * _ONE_DAY
            return that, that
    raise LookupError(value.name)


def _hours(value: Period, seen: Viewpoint) -> Span:
    match _parts(value):
        case {"way": "last", "length": length}:
            return Span(seen.at - timedelta(hours=int(length)), seen.at)
        case {"way": "next", "length": length}:
            return Span(seen.at, seen.at + timedelta(hours=int(length)))
        case {"ago": ago}:
            then = seen.at - timedelta(hours=int(ago))
            return Span(then, then)
        case {"ahead": ahead}:
            then = seen.at + timedelta(hours=int(ahead))
            return Span(then, then)
    raise LookupError(value.name)


def _month(day: date, further: int) -> date:
    """The first of the month so many months after `day`'s own."""
    months = day.year * _MONTHS + day.month - 1 + further
    return date(months // _MONTHS, months % _MONTHS + 1, 1)


def _week(today: date, which: int, calendar: Calendar) -> date:
    into_the_week = (today.weekday() - calendar.first_weekday) % 7
    return today + timedelta(days=7 * which - into_the_week)


def _starting_in(month: int, months: int) -> Callable[[date, int, Calendar], date]:
    def first(today: date, which: int, _calendar: Calendar) -> date:
        return _month(today, -((today.month - month) % months) + months * which)

    return first


def _fiscal(months: int) -> Callable[[date, int, Calendar], date]:
    def first(today: date, which: int, calendar: Calendar) -> date:
        return _starting_in(calendar.fiscal_month, months)(today, which, calendar)

    return first


_FIRST: Mapping[str, Callable[[date, int, Calendar], date]] = {
    "week": _week,
    "month": _starting_in(1, 1),
    "quarter": _starting_in(1, 3),
    "year": _starting_in(1, _MONTHS),
    "fiscal_quarter": _fiscal(3),
    "fiscal_year": _fiscal(_MONTHS),
}
"""The first day of the week, month, … so many after today's own."""
