"""Who answers for which path, and who hears which events: what gateway and transports route by."""

from collections.abc import Sequence
from typing import Any

from crmkit.about import About
from crmkit.entity import RECORD_VERBS, Entity

Service = Any
"""A subclass of RecordService; typed loosely, because services are found by name."""


def actions_of(service: Service) -> list[About]:
    """The business verbs in the order in which the class declares them."""
    found = [getattr(value, "action", None) for value in vars(service).values()]
    return [action for action in found if action is not None]


def routes_of(service: Service) -> list[About]:
    """What the service's routes of records say of themselves, those of its bases included.

    Raises TypeError for one that says nothing.
    """
    members = [getattr(service, name) for name in dir(service)]
    routes = [member for member in members if hasattr(member, "about")]
    if silent := [member.__name__ for member in routes if not member.about]:
        raise TypeError(f"{service.__name__}: {', '.join(silent)} do not say what they are about")
    return [route.about for route in routes]


def catalogue(services: Sequence[Service]) -> dict[str, Any]:
    """`routes` of records by their plural; `actions` with method, path and service.

    Raises ValueError when two services claim one plural.
    """
    routes: dict[str, dict[str, str]] = {}
    for service in services:
        for entity in service.entities:
            if entity.plural in routes:
                raise ValueError(f"{entity.plural} belongs to {routes[entity.plural]['service']}")
            routes[entity.plural] = {"service": service.name, "entity": entity.name}
    return {
        "routes": dict(sorted(routes.items())),
        "actions": [
            {
                "method": action.method,
                "path": action.path,
                "service": service.name,
                "public": action.public,
            }
            for service in services
            for action in actions_of(service)
        ],
    }


def topology(services: Sequence[Service]) -> dict[str, Any]:
    """Every subscription of every service, as `bus.topology.Topology` reads it."""
    return {
        service.name: [
            {"name": heard.name, "patterns": sorted(heard.patterns)}
            for heard in service.subscriptions
        ]
        for service in services
    }


def permissions(services: Sequence[Service]) -> dict[str, Any]:
    """Every verb of every entity, and who may have it before owners and roles are looked at."""
    return {
        entity.name: {
            "service": service.name,
            "access": entity.access,
            "verbs": sorted(verb for verb in _verbs(entity) if entity.allows(verb)),
        }
        for service in services
        for entity in service.entities
    }


def _verbs(entity: Entity) -> frozenset[str]:
    return RECORD_VERBS | entity.verbs
