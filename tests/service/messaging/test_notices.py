"""Followers and people mentioned are mailed, once for each notice, if they can be."""

from dataclasses import asdict

import pytest

from contracts.events.notices import Happening, NoticeGiven
from crmkit.unit_of_work import new_id
from tests.service.messaging.conftest import work
from tests.service.messaging.test_low_stock import tell
from tests.service.served import ANNA, BEN, CLARA, event


def notice(record_id, entity, reason, *happened, text=None):
    told = NoticeGiven(
        CLARA, reason, entity, f"{entity}s", "Lead", "LEA1", "Ada King", tuple(happened), text
    )
    return event("crm.sales.notice.given.v1", record_id, **asdict(told))


CHANGED = Happening("changed", BEN, "2026-01-02T03:04:05+00:00", ("last_name", "status"))
COMMENTED = Happening("commented", ANNA, "2026-01-02T03:05:05+00:00", ("comments",))


@pytest.fixture
def clara(messaging):
    tell(messaging, CLARA, email="clara@tandem.example")
    yield messaging.as_(CLARA)
    tell(messaging, CLARA)


def test_a_follower_reads_what_happened(messaging, mailbox, clara):
    record_id = new_id()
    told = notice(record_id, "lead", "followed", CHANGED, COMMENTED)
    assert messaging.hear("notices", told) == ["applied"]
    assert messaging.hear("notices", told) == ["duplicate"]
    [mail] = clara.get(f"/emails?filter[related_id]={record_id}")["items"]
    assert (mail["related_entity"], mail["owner_id"]) == ("lead", CLARA)
    work(messaging, mailbox.url)
    message = mailbox.messages[-1]
    assert message["To"] == "clara@tandem.example"
    assert message["Subject"] == "Lead LEA1 Ada King has changed"
    assert message.get_payload().splitlines()[-2:] == [
        "- Ben, 2026-01-02 03:04 UTC: changed (last name, status)",
        "- Anna, 2026-01-02 03:05 UTC: commented (comments)",
    ]


def test_whoever_is_mentioned_reads_the_comment(messaging, mailbox, clara):
    told = notice(new_id(), "gadget", "mentioned", COMMENTED, text="Look, @clara: {{ odd }}")
    messaging.hear("notices", told)
    work(messaging, mailbox.url)
    message = mailbox.messages[-1]
    assert message["Subject"] == "Anna mentions you: Lead LEA1 Ada King"
    assert "Look, @clara: {{ odd }}" in message.get_payload()
    [mail] = clara.get("/emails?limit=1")["items"]
    assert (mail["related_entity"], mail["related_id"]) == (None, None)


@pytest.mark.parametrize("reader", [{}, {"email": "clara@tandem.example", "active": False}])
def test_who_cannot_be_reached_is_not_mailed(messaging, reader):
    tell(messaging, CLARA, **reader)
    record_id = new_id()
    assert messaging.hear("notices", notice(record_id, "lead", "followed", CHANGED)) == ["applied"]
    assert messaging.sql("SELECT count(*) FROM email WHERE related_id = %s", record_id) == [(0,)]
    tell(messaging, CLARA)
