"""Events that could not be applied wait for an administrator, who retries or discards them."""

import uuid

import pytest

from crmkit.bus import envelope, parked
from crmkit.bus.transport import Delivery, Message
from tests.service.served import BOSS, event


@pytest.fixture
def park(workshop):
    """Put an event aside as the transport does; its id in the API, and the event."""

    def put(told=None):
        told = told or event("crm.elsewhere.thing.created.v1", str(uuid.uuid4()), answer=42)
        message = Message(told.id, told.type, envelope.to_json(told))
        with workshop.database.transaction() as session:
            parked.park(session, "people", Delivery(message, attempts=4), "ValueError: no")
        [(parked_id,)] = workshop.sql("SELECT id FROM parked_event WHERE event_id = %s", told.id)
        return parked_id, told

    return put


def listed(api, query=""):
    return {item["id"]: item for item in api.get(f"/parked-events?limit=200{query}")["items"]}


def test_they_are_shown_with_what_went_wrong(boss, park):
    parked_id, told = park()
    shown = listed(boss)[parked_id]
    assert shown == {
        "id": parked_id,
        "subscription": "people",
        "type": "crm.elsewhere.thing.created.v1",
        "event": shown["event"],
        "error": "ValueError: no",
        "attempts": 5,
        "parked_at": shown["parked_at"],
        "state": "parked",
        "decided_by": None,
        "decided_at": None,
    }
    assert (shown["event"]["id"], shown["event"]["data"]) == (told.id, {"answer": 42})
    assert shown["parked_at"].endswith("Z")


def test_a_retried_one_is_delivered_again(workshop, boss, park):
    parked_id, told = park()
    decided = boss("POST", f"/parked-events/{parked_id}/retry")
    assert (decided["state"], decided["decided_by"]) == ("retried", BOSS)
    assert decided["decided_at"] is not None
    assert workshop.sql(
        "SELECT subscription, attempts FROM delayed_event WHERE event_id = %s", told.id
    ) == [("people", 0)]
    assert parked_id not in listed(boss)
    assert parked_id in listed(boss, "&state=retried")


def test_a_discarded_one_counts_as_seen(workshop, boss, park):
    parked_id, told = park()
    assert boss("POST", f"/parked-events/{parked_id}/discard")["state"] == "discarded"
    assert workshop.hear("people", told) == ["duplicate"]
    assert parked_id in listed(boss, "&state=discarded")


def test_it_is_decided_once(boss, park):
    parked_id, _ = park()
    boss("POST", f"/parked-events/{parked_id}/discard")
    for verb in ("retry", "discard"):
        assert boss.refused("POST", f"/parked-events/{parked_id}/{verb}") == "already_decided"


def test_the_same_event_waits_once(boss, park):
    parked_id, told = park()
    assert park(told)[0] == parked_id


def test_pages(boss, park):
    made = [park()[0] for _ in range(3)]
    found, cursor = [], ""
    while cursor is not None:
        page = boss.get("/parked-events?limit=1" + (f"&cursor={cursor}" if cursor else ""))
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(found) == len(set(found))
    assert [one for one in found if one in made] == made
    boss.get("/parked-events?cursor=x", status=400)
    boss.get("/parked-events?limit=x", status=400)


@pytest.mark.parametrize("verb", ["retry", "discard"])
def test_what_does_not_exist_is_not_found(boss, verb):
    for key in (str(uuid.uuid4()), "x"):
        boss("POST", f"/parked-events/{key}/{verb}", status=404)


def test_they_are_administrators_business(ben, park):
    parked_id, _ = park()
    ben.get("/parked-events", status=403)
    for verb in ("retry", "discard"):
        ben("POST", f"/parked-events/{parked_id}/{verb}", status=403)
