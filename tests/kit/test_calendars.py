"""Whose days count: everybody's own time zone and week, and the organisation's fiscal year."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import DESK, person, record

EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"
"""Their days are never the same: 26 hours lie between them."""


@pytest.fixture(scope="module")
def known(workshop):
    """Somebody new with these settings, as the service meets them."""

    def meet(**settings):
        user_id = new_id()
        workshop.hear("people", person(user_id, role_id=DESK, **settings))
        return workshop.as_(user_id)

    return meet


def test_today_is_the_day_in_the_callers_zone(known, tag):
    today = datetime.now(ZoneInfo(EAST)).date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=ZoneInfo(EAST))
    for zone, found in ((EAST, 1), (WEST, 0)):
        there = known(time_zone=zone)
        for values in ({"made_on": str(today)}, {"seen_at": midnight.isoformat()}):
            there.create("widgets", name=tag, **values)
            [field] = values
            page = there.get(f"/widgets?filter[name]={tag}&filter[{field}]=today")
            assert len(page["items"]) == found, (zone, field)


def test_a_day_named_for_an_instant_is_the_callers_too(known, tag):
    day = "2024-02-29"
    for zone, hour in (("UTC", 0), (EAST, -14), (WEST, 12)):
        there = known(time_zone=zone)
        begin = datetime(2024, 2, 29, tzinfo=UTC) + timedelta(hours=hour)
        for seconds in (-1, 0, 86_399, 86_400):
            at = begin + timedelta(seconds=seconds)
            there.create("widgets", name=tag, seen_at=at.isoformat(), parts=abs(seconds) % 1000)
        page = there.get(f"/widgets?filter[name]={tag}&filter[seen_at]={day}&sort=seen_at")
        assert [held["parts"] for held in page["items"]] == [0, 399], zone


def test_weeks_and_fiscal_years_begin_where_they_are_set(workshop, known, tag):
    now = datetime.now(UTC)
    first = now.strftime("%A")
    there = known(first_day_of_week=first)
    elsewhere = known(first_day_of_week=(now + timedelta(days=1)).strftime("%A"))
    for api in (there, elsewhere):
        for days in (-1, 0, 6):
            day = (now + timedelta(days=days)).date()
            api.create("widgets", name=tag, made_on=str(day), parts=days + 1)

    def parts(api, name):
        page = api.get(f"/widgets?filter[name]={tag}&filter[made_on]={name}&sort=parts")
        return [held["parts"] for held in page["items"]]

    if datetime.now(UTC).date() == now.date():
        assert parts(there, "this_week") == [1, 7]
        assert parts(elsewhere, "this_week") == [0, 1]
    for version, month in ((1, now.month), (2, now.month % 12 + 1)):
        about = {"name": "We", "fiscal_year_start_month": month}
        organisation = "01990000-0000-7000-8000-0000000000f1"
        name = "crm.identity.organisation.changed.v1"
        workshop.hear("people", record(name, organisation, version, **about))
        # The caller is read again at most half a second later; somebody new at once.
        somebody = known()
        beginning = now.date().replace(day=1)
        somebody.create("widgets", name=tag, parts=month, made_on=str(beginning))
        before = str(beginning - timedelta(days=1))
        somebody.create("widgets", name=tag, parts=100 + month, made_on=before)
        mine = f"filter[name]={tag}&filter[owner_id]=me&filter[made_on]=this_fiscal_year"
        found = [held["parts"] for held in somebody.get(f"/widgets?{mine}&sort=parts")["items"]]
        assert found == ([month] if month == now.month else [month, 100 + month])
