"""Events on the wire: CloudEvents 1.0 in structured JSON, readable by any partner's SDK.

Source: CloudEvents spec 1.0.2, its JSON format, and its extensions for sequence and tracing.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contracts.events.base import Event
from crmkit.bus import PermanentError

CONTENT_TYPE = JSONFormat.CONTENT_TYPE


def to_json(event: Event) -> bytes:
    """The structured JSON document of an event.

    `sequence` is the record's version as ten digits, because the extension asks for a string that
    sorts as text. Empty `traceparent` and `requestid` are left out: no CloudEvents value is empty.
    """
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": "application/json",
        "sequence": f"{event.version:010d}",
        "actor": event.actor,
        "traceparent": event.traceparent,
        "requestid": event.request_id,
    }
    present = {name: value for name, value in attributes.items() if value != ""}
    document = CloudEvent(present, event.data)
    return orjson.dumps(
        {**document.get_attributes(), "data": document.get_data()}, option=orjson.OPT_UTC_Z
    )


def from_json(body: bytes) -> Event:
    """Read an event; raises PermanentError saying what is wrong: no retry mends a document."""
    try:
        # As the library's JSON format would, in half of its time: each event has many hearers.
        given = orjson.loads(body)
        if "time" in given:
            given["time"] = datetime.fromisoformat(given["time"])
        data = given.pop("data", None)
        attributes = CloudEvent(given, data).get_attributes()
        if not isinstance(data, dict):
            raise PermanentError("not an event: data must be a JSON object")
        return Event(
            id=str(UUID(attributes["id"])),
            type=attributes["type"],
            source=attributes["source"],
            subject=attributes.get("subject", ""),
            time=attributes["time"].astimezone(UTC),
            data=data,
            version=int(attributes["sequence"]),
            actor=attributes["actor"],
            traceparent=attributes.get("traceparent", ""),
            request_id=attributes.get("requestid", ""),
        )
    except CloudEventValidationError as error:
        raise PermanentError(f"not an event: {error}") from error
    except KeyError as error:
        raise PermanentError(f"not an event: {error.args[0]} is missing") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise PermanentError(f"not an event: {error}") from error
