"""The event stream as one AsyncAPI 3.0 document: what partners may subscribe to."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.events.notices import NOTICE_FACTS
from contracts.events.ownership import OWNERSHIP_FACTS
from contracts.events.privacy import PRIVACY_FACTS
from contracts.events.tags import TAG_FACTS
from contracts.events.tailoring import TAILORING_FACTS
from crmkit.entity import Entity
from crmkit.facts import PICKLIST_FACTS, RECORD_FACTS
from crmkit.records.picklists.keeping import PicklistFact
from crmkit.schemas.catalogue import Service
from crmkit.schemas.components import Components

_OF_EVERY_SERVICE: Mapping[str, type[Any]] = {
    **TAG_FACTS,
    **NOTICE_FACTS,
    **TAILORING_FACTS,
    **PRIVACY_FACTS,
    **OWNERSHIP_FACTS,
}

_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in structured JSON.",
    "required": ["specversion", "id", "type", "source", "subject", "time", "sequence", "actor"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "type": {"type": "string", "description": "Also the AMQP routing key."},
        "source": {"type": "string"},
        "subject": {"type": "string", "description": "Id of the record."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "sequence": {
            "type": "string",
            "description": "The record's version as ten digits; apply only what is newer.",
        },
        "actor": {"type": "string", "description": "Id of the user who caused it."},
        "traceparent": {"type": "string"},
        "requestid": {"type": "string"},
    },
}


_MERGE: dict[str, Any] = {
    "type": "object",
    "description": "Told with `merged` and `unmerged`, by the survivor and by each loser.",
    "required": ["survivor_id", "loser_ids"],
    "properties": {
        "survivor_id": {"type": "string", "format": "uuid"},
        "loser_ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    },
}


def document(services: Sequence[Service], *, version: str) -> dict[str, Any]:
    """Every fact every service tells, with the shape of its data."""
    components = Components()
    components.put("Envelope", _ENVELOPE)
    channels: dict[str, Any] = {}
    picklist = components.of(PicklistFact, mode="serialization")
    for service in services:
        for entity in service.entities:
            data = _record_data(components, entity)
            for fact in sorted(RECORD_FACTS | entity.facts):
                _add(channels, f"crm.{service.name}.{entity.name}.{fact}.v1", data)
            for fact in sorted(PICKLIST_FACTS):
                _add(channels, f"crm.{service.name}.{entity.name}.{fact}.v1", picklist)
        for name, shape in {**_OF_EVERY_SERVICE, **service.facts}.items():
            data = components.of(shape, mode="serialization")
            _add(channels, f"crm.{service.name}.{name}.v1", data)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tandem events",
            "version": version,
            "description": (
                "Facts of all services on the RabbitMQ topic exchange `crm.events`. Each may "
                "arrive more than once and out of order: keep what has the highest sequence."
            ),
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": dict(sorted(channels.items())),
        "operations": {
            f"receive.{address}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{address}"},
                "summary": address,
            }
            for address in sorted(channels)
        },
        "components": {"schemas": dict(sorted(components.schemas.items()))},
    }


def _record_data(components: Components, entity: Entity) -> dict[str, Any]:
    data = {
        "type": "object",
        "required": ["record", "changes", "deleted"],
        "properties": {
            "record": components.read(entity),
            "changes": {
                "type": "object",
                "description": "Old and new value of each field that changed.",
                "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2},
            },
            "deleted": {"type": "boolean"},
            "merge": _MERGE,
        },
    }
    return components.put(f"{entity.model.__name__}Fact", data)


def _add(channels: dict[str, Any], address: str, data: dict[str, Any]) -> None:
    payload = {
        "allOf": [
            {"$ref": "#/components/schemas/Envelope"},
            {"properties": {"type": {"const": address}, "data": data}, "required": ["data"]},
        ]
    }
    channels[address] = {"address": address, "messages": {"event": {"payload": payload}}}
