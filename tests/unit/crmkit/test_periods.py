"""What the names of periods cover, day by day and zone by zone."""

from datetime import UTC, date, datetime

import pytest

from contracts.caller import Calendar
from crmkit.records.filters.dates import (
    PERIODS,
    Span,
    Viewpoint,
    period,
    span_of_days,
    span_of_instants,
)

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
"""A Thursday, a leap day."""


def seen(at=NOON, zone="UTC", first_weekday=0, fiscal_month=1):
    return Viewpoint(at, "somebody", Calendar(zone, first_weekday, fiscal_month))


def _days(name, viewpoint):
    span = span_of_days(period(name), viewpoint)
    return f"{span.low} {span.high}"


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("yesterday", "2024-02-28 2024-02-28"),
        ("today", "2024-02-29 2024-02-29"),
        ("tomorrow", "2024-03-01 2024-03-01"),
        ("last_week", "2024-02-19 2024-02-25"),
        ("this_week", "2024-02-26 2024-03-03"),
        ("next_week", "2024-03-04 2024-03-10"),
        ("last_month", "2024-01-01 2024-01-31"),
        ("this_month", "2024-02-01 2024-02-29"),
        ("next_month", "2024-03-01 2024-03-31"),
        ("last_quarter", "2023-10-01 2023-12-31"),
        ("this_quarter", "2024-01-01 2024-03-31"),
        ("next_quarter", "2024-04-01 2024-06-30"),
        ("last_year", "2023-01-01 2023-12-31"),
        ("this_year", "2024-01-01 2024-12-31"),
        ("next_year", "2025-01-01 2025-12-31"),
        ("last_1_days", "2024-02-29 2024-02-29"),
        ("last_7_days", "2024-02-23 2024-02-29"),
        ("next_7_days", "2024-02-29 2024-03-06"),
        ("next_120_days", "2024-02-29 2024-06-27"),
        ("3_days_ago", "2024-02-26 2024-02-26"),
        ("in_1_days", "2024-03-01 2024-03-01"),
    ],
)
def test_a_name_covers_days(name, days):
    assert _days(name, seen()) == days


@pytest.mark.parametrize(
    ("month", "quarter", "year", "following"),
    [
        (1, "2024-01-01 2024-03-31", "2024-01-01 2024-12-31", "2025-01-01 2025-12-31"),
        (2, "2024-02-01 2024-04-30", "2024-02-01 2025-01-31", "2025-02-01 2026-01-31"),
        (3, "2023-12-01 2024-02-29", "2023-03-01 2024-02-29", "2024-03-01 2025-02-28"),
        (4, "2024-01-01 2024-03-31", "2023-04-01 2024-03-31", "2024-04-01 2025-03-31"),
        (10, "2024-01-01 2024-03-31", "2023-10-01 2024-09-30", "2024-10-01 2025-09-30"),
        (12, "2023-12-01 2024-02-29", "2023-12-01 2024-11-30", "2024-12-01 2025-11-30"),
    ],
)
def test_fiscal_years_begin_in_the_organisations_month(month, quarter, year, following):
    viewpoint = seen(fiscal_month=month)
    assert _days("this_fiscal_quarter", viewpoint) == quarter
    assert _days("this_fiscal_year", viewpoint) == year
    assert _days("next_fiscal_year", viewpoint) == following


@pytest.mark.parametrize(
    ("first_weekday", "week"),
    [
        (0, "2024-02-26 2024-03-03"),
        (3, "2024-02-29 2024-03-06"),
        (4, "2024-02-23 2024-02-29"),
        (5, "2024-02-24 2024-03-01"),
        (6, "2024-02-25 2024-03-02"),
    ],
)
def test_weeks_begin_on_the_persons_day(first_weekday, week):
    assert _days("this_week", seen(first_weekday=first_weekday)) == week


@pytest.mark.parametrize(
    ("zone", "at", "today"),
    [
        ("UTC", "2024-02-29T12:00", "2024-02-29T00:00 2024-03-01T00:00"),
        ("Pacific/Kiritimati", "2024-02-29T12:00", "2024-02-29T10:00 2024-03-01T10:00"),
        ("Etc/GMT+12", "2024-02-29T11:59", "2024-02-28T12:00 2024-02-29T12:00"),
        ("Europe/Berlin", "2024-03-31T12:00", "2024-03-30T23:00 2024-03-31T22:00"),
        ("Europe/Berlin", "2024-10-27T12:00", "2024-10-26T22:00 2024-10-27T23:00"),
        ("America/Sao_Paulo", "2018-11-04T12:00", "2018-11-04T03:00 2018-11-05T02:00"),
    ],
)
def test_a_day_is_that_of_the_persons_zone(zone, at, today):
    viewpoint = seen(datetime.fromisoformat(f"{at}+00:00"), zone)
    span = span_of_instants(period("today"), viewpoint)
    assert f"{span.low:%Y-%m-%dT%H:%M} {span.high:%Y-%m-%dT%H:%M}" == today
    assert span.open


def test_hours_count_from_now():
    ago = datetime(2024, 2, 28, 12, tzinfo=UTC)
    assert span_of_instants(period("24_hours_ago"), seen()) == Span(ago, ago)
    assert span_of_instants(period("last_24_hours"), seen()) == Span(ago, NOON)
    ahead = datetime(2024, 2, 29, 14, tzinfo=UTC)
    assert span_of_instants(period("next_2_hours"), seen()) == Span(NOON, ahead)
    assert span_of_instants(period("in_2_hours"), seen()) == Span(ahead, ahead)


def test_days_and_instants_may_be_named_outright():
    assert span_of_days(date(2024, 1, 2), seen()) == Span(date(2024, 1, 2), date(2024, 1, 2))
    assert span_of_instants(NOON, seen()) == Span(NOON, NOON)
    begin, end = (datetime(2024, 1, day, 5, tzinfo=UTC) for day in (2, 3))
    there = seen(zone="Etc/GMT+5")
    assert span_of_instants(date(2024, 1, 2), there) == Span(begin, end, open=True)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_first_and_the_last_day_there_is_have_instants(zone):
    first, last = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert span_of_instants(date.min, seen(zone=zone)).low >= first
    assert span_of_instants(date.max, seen(zone=zone)).high == last


@pytest.mark.parametrize(
    "name",
    [
        *("", "Today", "this_day", "last_0_days", "last_36501_days", "last_100000_days"),
        *("last_-1_days", "last_1_weeks", "0_days_ago", "in_0_days", "in_days", " today"),
        *("last_n_days", "today ", "today\n", "next_٣_days"),
    ],
)
def test_nothing_else_is_a_name(name):
    assert period(name) is None


def test_every_name_is_listed():
    assert len(PERIODS) == 3 + 18 + 8
    assert [name for name in PERIODS if period(name.replace("{n}", "5")) is None] == []
