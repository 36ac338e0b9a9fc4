"""Events as any partner's CloudEvents SDK reads them, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest

from contracts.events.base import Event
from crmkit.bus import PermanentError
from crmkit.bus.envelope import from_json, to_json

EVENT = Event(
    id="0197f000-0000-7000-8000-000000000001",
    type="crm.sales.lead.created.v1",
    source="sales",
    subject="0197f000-0000-7000-8000-000000000002",
    time=datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=UTC),
    data={"record": {"name": "Ångström 北京", "amount": "12.50"}, "changes": {}, "deleted": False},
    version=7,
    actor="0197f000-0000-7000-8000-000000000003",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    request_id="r-1",
)


def test_what_is_written_is_read() -> None:
    assert from_json(to_json(EVENT)) == EVENT


def test_empty_values_are_left_out_and_come_back_empty() -> None:
    bare = replace(EVENT, traceparent="", request_id="")
    assert {"traceparent", "requestid"}.isdisjoint(orjson.loads(to_json(bare)))
    assert from_json(to_json(bare)) == bare


def test_the_document() -> None:
    document = orjson.loads(to_json(EVENT))
    assert document["specversion"] == "1.0"
    assert document["sequence"] == "0000000007"
    assert document["time"] in {"2026-03-01T12:30:15.250000Z", "2026-03-01T12:30:15.250000+00:00"}


def test_times_are_utc_whatever_the_offset() -> None:
    east = EVENT.time.astimezone(timezone(timedelta(hours=8)))
    assert from_json(to_json(replace(EVENT, time=east))).time == EVENT.time
    assert from_json(to_json(replace(EVENT, time=east))).time.tzinfo is UTC


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "7"}, "badly formed"),
        ({"actor": None}, "actor"),
        ({"sequence": "x"}, "invalid literal"),
        ({"data": [1]}, "data must be a JSON object"),
        ({"type": None}, "type"),
    ],
)
def test_refused(change: dict[str, object], complaint: str) -> None:
    document = {k: v for k, v in (orjson.loads(to_json(EVENT)) | change).items() if v is not None}
    with pytest.raises(PermanentError, match=complaint):
        from_json(orjson.dumps(document))


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"\xff", b"[" * 100_000])
def test_no_event_at_all(body: bytes) -> None:
    with pytest.raises(PermanentError, match="not an event"):
        from_json(body)
