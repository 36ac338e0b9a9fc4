"""The rights of one person, put together from the organisation: the most permissive wins."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from contracts.rights import ModuleGrant, Owners, Rights, Shared, Sharing
from crmkit.records.principals import BELOW, SAME_ROLE_OR_BELOW
from crmkit.records.rights.organisation import Organisation, People, Profile, current

MOST_NAMED = 2000
"""So many owners are named one by one, which tells PostgreSQL how rare their records are; of more,
their roles are. Over a million rows 2,000 names cost 2 ms, the roles of as many 20 ms.
"""
_MOST_REMEMBERED = 5000
_FIELD_RANKS = {"hidden": 0, "read_only": 1, "read_write": 2}


def rights_of(session: Session, user_id: str, role_id: str | None, version: int) -> Rights:
    """The rights of a user with this role as of this version, worked out once for each."""
    organisation = current(session, version)
    key = (user_id, role_id)
    found = organisation.remembered.get(key)
    if found is None:
        if len(organisation.remembered) > _MOST_REMEMBERED:
            organisation.remembered.clear()
        found = organisation.remembered[key] = assemble(organisation, user_id, role_id)
    rights: Rights = found
    return rights


def assemble(
    organisation: Organisation,
    user_id: str,
    role_id: str | None,
    *,
    most_named: float = MOST_NAMED,
) -> Rights:
    """The same from any organisation, be it one that is only thought of."""
    role = organisation.roles.get(role_id or "")
    held = [organisation.profiles.get(one) for one in (role.profile_ids if role else ())]
    profiles = [one for one in held if one is not None]
    own = theirs(organisation, user_id, role_id)
    modules = {
        name: _of_module(profiles, name)
        for name in sorted({name for one in profiles for name in one.modules})
    }
    return Rights(
        view_all=any(one.view_all for one in profiles),
        edit_all=any(one.edit_all for one in profiles),
        modules=MappingProxyType(modules),
        others=_of_module(profiles, ""),
        limited=frozenset(n for n, one in modules.items() if one.hidden or one.read_only),
        own=owners(organisation, own, most_named),
        assigns=_assigns(organisation, own, role_id, most_named),
        sharing=_sharing(organisation, user_id, role_id, own, most_named),
        defaults=MappingProxyType(dict(organisation.defaults)),
    )


def theirs(organisation: Organisation, user_id: str, role_id: str | None) -> People:
    """Whose records are somebody's by place: their own, of roles below, of their groups."""
    return People(
        frozenset({user_id}),
        organisation.below(role_id),
        organisation.groups_of(user_id, role_id),
    )


def owners(organisation: Organisation, people: People, most_named: float = MOST_NAMED) -> Owners:
    """The people as a set of owners."""
    size = sum(organisation.crews.get(one, "").count(",") + 1 for one in people.role_ids)
    named = {*people.user_ids, *people.group_ids}
    if size + len(named) <= most_named:
        every = named | {*organisation.crew(people.role_ids)}
        return Owners(_array(every), size=len(every))
    return Owners(_array(named), _array(people.role_ids), size + len(named))


def _assigns(
    organisation: Organisation, own: People, role_id: str | None, most_named: float
) -> Owners | None:
    """Whom the person may make an owner, always themselves and their groups among them."""
    role = organisation.roles.get(role_id or "")
    if role is None or role.assigns_to == BELOW:
        return owners(organisation, own, most_named)
    if role.assigns_to == SAME_ROLE_OR_BELOW:
        beside = People(role_ids=organisation.below(role_id, strictly=False))
        return owners(organisation, own | beside, most_named)
    return None


def _array(ids: Iterable[str]) -> str:
    return "{" + ",".join(sorted(ids)) + "}"


def _of_module(profiles: Iterable[Profile], name: str) -> ModuleGrant:
    """What several profiles grant together; one in which the module is off grants nothing."""
    verbs: set[str] = set()
    fields: list[Mapping[str, str]] = []
    for profile in profiles:
        granted: Mapping[str, Any] = profile.modules.get(name, profile.others)
        if granted.get("active", True):
            verbs |= set(granted.get("verbs", ()))
            fields.append(granted.get("fields", {}))
    ranks = {
        one: max(_FIELD_RANKS[of.get(one, "read_write")] for of in fields)
        for one in {one for of in fields for one in of}
    }
    return ModuleGrant(
        frozenset(verbs),
        frozenset(one for one, rank in ranks.items() if rank == _FIELD_RANKS["hidden"]),
        frozenset(one for one, rank in ranks.items() if rank == _FIELD_RANKS["read_only"]),
    )


def _sharing(
    organisation: Organisation,
    user_id: str,
    role_id: str | None,
    own: People,
    most_named: float,
) -> Mapping[str, Sharing]:
    """By module, what rules share with the person; the direct ones and their own as one set."""
    read: dict[tuple[str, str], People] = {}
    write: dict[tuple[str, str], People] = {}
    for rule in organisation.rules:
        if not organisation.has(rule.shared_with, user_id, role_id):
            continue
        people = organisation.people(rule.owned_by)
        reached = [(rule.module, "", rule.writes)]
        reached += [(module, rule.module, writes) for module, writes in rule.related]
        for module, parent, writes in reached:
            for way in (read, write) if writes else (read,):
                way[module, parent] = way.get((module, parent), People()) | people
    found: dict[str, Sharing] = {}
    for module in {module for module, _ in read}:
        ways = []
        for way in (read, write):
            of_module = {parent: p for (name, parent), p in way.items() if name == module}
            of_module[""] = of_module.get("", People()) | own
            ways.append(
                tuple(
                    Shared(owners(organisation, people, most_named), parent)
                    for parent, people in sorted(of_module.items())
                )
            )
        found[module] = Sharing(*ways)
    return MappingProxyType(found)
