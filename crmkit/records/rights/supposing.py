"""What would be other in the organisation if something that rights rest on were changed."""

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.caller import Caller
from contracts.events.base import Event
from crmkit.records.principals import principal
from crmkit.records.rights.assembling import assemble
from crmkit.records.rights.organisation import Organisation, Party, Profile, Role, rule_from

_Shape = TypeVar("_Shape", bound=BaseModel)

EVERYBODY = float("inf")
"""Owners are all named: those of a role would be looked up among the people of now."""


class Place(BaseModel):
    """Where a user stands; `role_id` is null outside of the tree."""

    model_config = ConfigDict(extra="forbid")
    role_id: str | None
    is_admin: bool
    active: bool


class SupposedRole(BaseModel):
    """A role as services keep it."""

    path: str
    profile_ids: list[str]
    assigns_to: str


class SupposedProfile(BaseModel):
    """A profile as services keep it."""

    view_all: bool
    edit_all: bool
    modules: dict[str, dict[str, Any]]
    others: dict[str, Any]


class SupposedMember(BaseModel):
    """Of a group."""

    kind: str
    id: str


class SharedBelow(BaseModel):
    """What a rule shares below a record."""

    module: str
    access: str


class SupposedRule(BaseModel):
    """A sharing rule as services keep it."""

    module: str
    access: str
    related: list[SharedBelow]
    owned_by_role_id: str | None
    owned_by_subordinates: bool
    owned_by_group_id: str | None
    shared_with_role_id: str | None
    shared_with_subordinates: bool
    shared_with_group_id: str | None


class Supposed(BaseModel):
    """Each by its id; null is gone. `defaults` replace those of the organisation."""

    model_config = ConfigDict(extra="forbid")
    users: dict[str, Place] = {}
    roles: dict[str, SupposedRole | None] = {}
    profiles: dict[str, SupposedProfile | None] = {}
    groups: dict[str, list[SupposedMember] | None] = {}
    rules: dict[str, SupposedRule | None] = {}
    defaults: dict[str, str] | None = None


def supposed(events: Iterable[Event]) -> Supposed:
    """What all services would keep if they heard these events, in their order."""
    found = Supposed()
    for event in events:
        record, gone = event.data["record"], bool(event.data["deleted"])
        match event.type.split(".")[2]:
            case "user":
                place = {**record, "active": record["active"] and not gone}
                found.users[event.subject] = _read(Place, place)
            case "role":
                found.roles[event.subject] = None if gone else _read(SupposedRole, record)
            case "profile":
                found.profiles[event.subject] = None if gone else _read(SupposedProfile, record)
            case "group":
                members = [_read(SupposedMember, one) for one in record["members"]]
                found.groups[event.subject] = None if gone else members
            case "sharing_rule":
                found.rules[event.subject] = None if gone else _read(SupposedRule, record)
            case "organisation":
                found.defaults = record["sharing"]
    return found


def _read(shape: type[_Shape], record: Mapping[str, Any]) -> _Shape:
    return shape.model_validate({name: record[name] for name in shape.model_fields})


def over(organisation: Organisation, change: Supposed) -> Organisation:
    """The organisation as it would be."""
    roles = dict(organisation.roles)
    profiles = dict(organisation.profiles)
    groups = dict(organisation.groups)
    for role_id, role in change.roles.items():
        roles.pop(role_id, None)
        if role is not None:
            roles[role_id] = Role(role.path, tuple(role.profile_ids), role.assigns_to)
    for profile_id, one in change.profiles.items():
        profiles.pop(profile_id, None)
        if one is not None:
            profiles[profile_id] = Profile(one.view_all, one.edit_all, one.modules, one.others)
    for group_id, members in change.groups.items():
        groups.pop(group_id, None)
        if members is not None:
            groups[group_id] = tuple(Party(one.kind, one.id) for one in members)
    kept = [one for one in organisation.rules if one.id not in change.rules]
    new = [rule_from(i, one.model_dump()) for i, one in change.rules.items() if one is not None]
    return Organisation(
        organisation.version,
        roles,
        _crews(organisation.crews, change.users),
        profiles,
        groups,
        tuple(sorted([*kept, *new], key=lambda one: one.id)),
        organisation.defaults if change.defaults is None else change.defaults,
    )


def _crews(crews: Mapping[str, str], moved: Mapping[str, Place]) -> Mapping[str, str]:
    if not moved:
        return crews
    found = {
        role_id: [one for one in ids.split(",") if one not in moved]
        for role_id, ids in crews.items()
    }
    for user_id, place in moved.items():
        if place.role_id is not None:
            found.setdefault(place.role_id, []).append(user_id)
    return {role_id: ",".join(ids) for role_id, ids in found.items()}


def places(session: Session, user_ids: Collection[str] | None = None) -> dict[str, Place]:
    """Where these users stand now, or all there are."""
    query = select(
        principal.c.user_id, principal.c.role_id, principal.c.is_admin, principal.c.active
    )
    if user_ids is not None:
        query = query.where(principal.c.user_id.in_(user_ids))
    return {
        row.user_id: Place(role_id=row.role_id, is_admin=row.is_admin, active=row.active)
        for row in session.execute(query)
    }


def as_caller(organisation: Organisation, user_id: str, place: Place | None) -> Caller | None:
    """The user with the rights of this place; None for who cannot sign in."""
    if place is None or not place.active:
        return None
    if place.is_admin:
        return Caller(user_id, "", is_admin=True)
    rights = assemble(organisation, user_id, place.role_id, most_named=EVERYBODY)
    return Caller(user_id, "", is_admin=False, rights=rights)


def touched(
    before: Organisation, after: Organisation, now: Mapping[str, Place], then: Mapping[str, Place]
) -> list[str]:
    """The users whose rights would be others, by id.

    Those of one role and the same groups have the same rights but for their own records: one of
    them is looked at for all.
    """
    known: dict[Any, bool] = {}
    found = []
    for user_id in sorted(now.keys() | then.keys()):
        here = now.get(user_id)
        there = then.get(user_id, here)
        key = (_standing(before, user_id, here), _standing(after, user_id, there))
        if key not in known:
            time.sleep(0)  # others of this process have their turn: of 1,000 roles it takes seconds
            known[key] = as_caller(before, user_id, here) != as_caller(after, user_id, there)
        if known[key]:
            found.append(user_id)
    return found


def _standing(organisation: Organisation, user_id: str, place: Place | None) -> Any:
    if place is None or not place.active:
        return None
    if place.is_admin:
        return place.is_admin
    return place.role_id, organisation.groups_of(user_id, place.role_id)
