"""Who answers for which path, and who hears which events: what gateway and transports route by."""

from collections.abc import Mapping, Sequence
from typing import Any

from crmkit.about import About
from crmkit.entity import Access, Entity
from crmkit.records.relations.related import described
from crmkit.tailoring import OF_LINES
from crmkit.verbs import RECORD_VERBS, TOOLS

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
    """`routes` of records by their plural; `actions` with method, path and service;
    `related` lists of each plural's records, and who answers them; `modules` that rights are about.

    Raises ValueError when two services claim one plural.
    """
    routes: dict[str, dict[str, str]] = {}
    for service in services:
        for entity in service.entities:
            if entity.plural in routes:
                raise ValueError(f"{entity.plural} belongs to {routes[entity.plural]['service']}")
            routes[entity.plural] = {"service": service.name, "entity": entity.name}
    return {
        "related": _related(services, routes),
        "modules": _modules(services),
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


def _modules(services: Sequence[Service]) -> dict[str, Any]:
    """What profiles and sharing may name: modules, their verbs, their fields, and what is above
    them by which of these.

    What only administrators write is no module of theirs.
    """
    return {
        entity.name: {
            "service": service.name,
            "owned": entity.access is Access.OWNED,
            "follows": entity.follows,
            "verbs": sorted(verb for verb in _verbs(entity) if entity.allows(verb)),
            "fields": [
                *entity.own_fields,
                *entity.computed,
                *(OF_LINES + name for name in entity.line_fields),
            ],
            "label": list(entity.label),
            "parents": _parents(entity),
        }
        for service in services
        for entity in service.entities
        if entity.access in {Access.OWNED, Access.SHARED}
    }


def _parents(entity: Entity) -> dict[str, list[str]]:
    above: dict[str, list[str]] = {}
    for target, name in sorted(entity.parents):
        above.setdefault(target, []).append(name)
    return above


def _verbs(entity: Entity) -> frozenset[str]:
    return RECORD_VERBS | TOOLS | entity.verbs


def _related(
    services: Sequence[Service], routes: Mapping[str, Mapping[str, str]]
) -> dict[str, list[dict[str, Any]]]:
    """Raises ValueError for records that are linked by hand on one side only."""
    plurals = {route["entity"]: plural for plural, route in routes.items()}
    declared = {
        (entity.name, link.target, link.roles)
        for service in services
        for entity in service.entities
        for link in entity.linked
    }
    if one_sided := [d for d in declared if (d[1], d[0], d[2]) not in declared]:
        raise ValueError(f"linked on one side only: {sorted(one_sided)}")
    related: dict[str, list[dict[str, Any]]] = {}
    for service in services:
        entities = {entity.name: entity for entity in service.entities}
        for parent, lists in described(entities).items():
            if parent in plurals:
                theirs = [{**one, "service": service.name} for one in lists]
                related.setdefault(plurals[parent], []).extend(theirs)
    return dict(sorted(related.items()))
