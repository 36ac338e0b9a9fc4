"""Why one person may or may not do something with one record: the step that decides it.

The thirteen steps of spec 1.27, taken one after another; `access.visible` takes them for all
records at once, and the two agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal

from contracts.rights import EVERY_VERB, PRIVATE, Rights
from crmkit.entity import Access, Entity
from crmkit.records import access
from crmkit.records.rights.organisation import Organisation, Party, People, Profile, Rule
from crmkit.tailoring import OF_LINES

Kept = Literal["hidden", "read_only"]


class Step(IntEnum):
    """The steps in their order; before them all, somebody must be able to sign in."""

    ACTIVE_USER = 0
    ADMINISTRATORS_ALONE = 1
    MODULE_SWITCHED_ON = 2
    ADMINISTRATOR = 3
    VIEW_ALL_OR_EDIT_ALL = 4
    MODULE_IN_PROFILE = 5
    VERB_IN_PROFILE = 6
    NO_RECORD = 7
    NO_OWNERS = 8
    OWNER = 9
    ROLE_BELOW = 10
    GROUP = 11
    ORGANISATION_DEFAULT = 12
    SHARING_RULE = 13


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a record is: the id of a user or a group, and the user's role."""

    id: str
    role_id: str | None


@dataclass(frozen=True, slots=True)
class Above:
    """A record of the module `parent`, with its owner, that the one in question lies below."""

    parent: str
    id: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class Person:
    """Whose rights are asked about."""

    id: str
    role_id: str | None
    is_admin: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Question:
    """About one person and one record; `owner` is None where records have none.

    `rights` are those of the person in the organisation.
    """

    entity: Entity
    organisation: Organisation
    rights: Rights
    person: Person
    owner: Owner | None
    above: tuple[Above, ...] = ()

    @property
    def module(self) -> str:
        """The module as which the records are shared."""
        return self.entity.follows or self.entity.name

    @property
    def profiles(self) -> dict[str, Profile]:
        """The profiles of the person's role, by id."""
        role = self.organisation.roles.get(self.person.role_id or "")
        known = self.organisation.profiles
        return {one: known[one] for one in (role.profile_ids if role else ()) if one in known}


@dataclass(frozen=True, slots=True)
class Decision:
    """`by` are the ids of what grants it or stands against it: profiles, a role, a group, rules.

    `missing` are verbs that no profile grants; `below` is the record above by way of which the
    first of the rules reaches this one; `unseen` tells that the verb fails because the record is
    not seen.
    """

    granted: bool
    step: Step
    by: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    below: Above | None = None
    unseen: bool = False


def decide(asked: Question, verb: str) -> Decision:
    """Whether the person has the verb on the record, and by which step.

    What is done with a record takes that it is seen.
    """
    own = _decide(asked, verb)
    if own.granted and verb != "view" and verb not in access.RECORDLESS:
        seen = _decide(asked, "view")
        if not seen.granted:
            return replace(seen, unseen=True)
    return own


def _decide(asked: Question, verb: str) -> Decision:
    refused = _refused_outright(asked, verb)
    if refused is not None:
        return Decision(granted=False, step=refused)
    if asked.person.is_admin:
        return Decision(granted=True, step=Step.ADMINISTRATOR)
    if not access.of_profiles(asked.entity):
        return Decision(granted=True, step=Step.NO_OWNERS)
    return _by_profiles(asked, verb) or _of_owned(asked, access.way_of(verb))


def _refused_outright(asked: Question, verb: str) -> Step | None:
    """Steps 1 and 2, and the one before them."""
    if not asked.person.active:
        return Step.ACTIVE_USER
    if not asked.person.is_admin and access.of_administrators(asked.entity, verb):
        return Step.ADMINISTRATORS_ALONE
    return None if asked.entity.tailoring.active else Step.MODULE_SWITCHED_ON


def _by_profiles(asked: Question, verb: str) -> Decision | None:
    """Steps 4 to 8; None if it depends on whose the record is."""
    entity = asked.entity
    if access.everywhere(asked.rights, verb):
        return Decision(granted=True, step=Step.VIEW_ALL_OR_EDIT_ALL, by=_unbounded(asked, verb))
    if missing := access.ungranted(entity.name, asked.rights, verb):
        on = any(_active(one, entity.name) for one in asked.profiles.values())
        step = Step.VERB_IN_PROFILE if on else Step.MODULE_IN_PROFILE
        return Decision(granted=False, step=step, by=(*asked.profiles,), missing=tuple(missing))
    if verb in access.RECORDLESS:
        return Decision(granted=True, step=Step.NO_RECORD, by=_granting(asked, verb))
    if entity.access is not Access.OWNED:
        return Decision(granted=True, step=Step.NO_OWNERS, by=_granting(asked, verb))
    return None


def _of_owned(asked: Question, way: str) -> Decision:
    """Steps 9 to 13."""
    person, organisation, owner = asked.person, asked.organisation, asked.owner
    assert owner is not None
    if owner.id == person.id:
        return Decision(granted=True, step=Step.OWNER)
    if owner.role_id is not None and owner.role_id in organisation.below(person.role_id):
        return Decision(granted=True, step=Step.ROLE_BELOW, by=(owner.role_id,))
    if owner.id in organisation.groups_of(person.id, person.role_id):
        return Decision(granted=True, step=Step.GROUP, by=(owner.id,))
    if organisation.defaults.get(asked.module, PRIVATE) in access.OPEN[way]:
        return Decision(granted=True, step=Step.ORGANISATION_DEFAULT)
    if way == access.DELETE:
        return Decision(granted=False, step=Step.ORGANISATION_DEFAULT)
    reaching = sorted(_reaching(asked, way), key=lambda one: _precedence(*one))
    ids = tuple(dict.fromkeys(rule.id for rule, _ in reaching))
    below = reaching[0][1] if reaching else None
    return Decision(granted=bool(reaching), step=Step.SHARING_RULE, by=ids, below=below)


def _reaching(asked: Question, way: str) -> Iterator[tuple[Rule, Above | None]]:
    """The rules that share the record with the person, and by way of which record above it."""
    person, organisation = asked.person, asked.organisation
    for rule in organisation.rules:
        if not organisation.has(rule.shared_with, person.id, person.role_id):
            continue
        people = organisation.people(rule.owned_by)
        writes = rule.writes or way == access.READ
        if rule.module == asked.module and writes and _among(people, asked.owner):
            yield rule, None
        for module, writes_below in rule.related:
            if module != asked.module or not (writes_below or way == access.READ):
                continue
            for above in asked.above:
                if above.parent == rule.module and _among(people, above.owner):
                    yield rule, above


def _among(people: People, owner: Owner | None) -> bool:
    if owner is None:
        return False
    return owner.id in people.user_ids | people.group_ids or owner.role_id in people.role_ids


def _precedence(rule: Rule, above: Above | None) -> tuple[bool, bool, str]:
    """Direct rules by role, those by group, then those of records above."""
    by_group = Party("group", rule.owned_by.id) == rule.owned_by
    return above is not None, by_group, rule.id


def _active(profile: Profile, module: str) -> bool:
    return bool(profile.modules.get(module, profile.others).get("active", True))


def _unbounded(asked: Question, verb: str) -> tuple[str, ...]:
    return tuple(
        profile_id
        for profile_id, one in asked.profiles.items()
        if one.edit_all or (one.view_all and verb == "view")
    )


def _granting(asked: Question, verb: str) -> tuple[str, ...]:
    module = asked.entity.name
    return tuple(
        profile_id
        for profile_id, one in asked.profiles.items()
        if _active(one, module)
        and {verb, EVERY_VERB} & {*one.modules.get(module, one.others).get("verbs", ())}
    )


def kept_from(entity: Entity, rights: Rights) -> dict[str, Kept]:
    """The fields, those of lines too, that profiles keep from whoever has these rights."""
    grant = rights.of(entity.name)
    limited = entity.limited(grant.hidden, grant.read_only).tailoring
    there = {*entity.own_fields, *(OF_LINES + name for name in entity.line_fields)}
    kept: dict[str, Kept] = dict.fromkeys(limited.read_only & there, "read_only")
    return kept | dict.fromkeys(limited.hidden, "hidden")


def kept_fields(asked: Question) -> dict[str, tuple[Kept, tuple[str, ...]]]:
    """The fields that profiles keep from the person, how, and the profiles that say so."""
    entity, person = asked.entity, asked.person
    said = {
        profile_id: one.modules.get(entity.name, {}).get("fields", {})
        for profile_id, one in asked.profiles.items()
        if _active(one, entity.name)
    }
    kept = {} if person.is_admin else kept_from(entity, asked.rights)
    return {
        name: (right, tuple(one for one, of in said.items() if of.get(name) == right))
        for name, right in sorted(kept.items())
    }
