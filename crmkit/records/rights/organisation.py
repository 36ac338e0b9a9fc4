"""The organisation as rights see it, in memory: who is where, and what is shared with whom.

It is a value: whatever changes makes another one. A process reads it again when the version of
all changes is another than its own, so that a request finds it ready.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from crmkit.records import principals
from crmkit.records.rights import tables

USER, ROLE, ROLE_AND_BELOW, GROUP = "user", "role", "role_and_below", "group"
"""What kinds of parties there are: whom groups have as members, and rules name."""

_MOST_REMEMBERED = 5000


@dataclass(frozen=True, slots=True)
class Party:
    """Some of the people: one, those of a role, of a role and all below it, or a group."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Role:
    """`path` is the chain of ids down to this one, each followed by `/`."""

    path: str
    profile_ids: tuple[str, ...]
    assigns_to: str


@dataclass(frozen=True, slots=True)
class Profile:
    """`modules` and `others` are as identity tells them: active, verbs, fields."""

    view_all: bool
    edit_all: bool
    modules: Mapping[str, Mapping[str, Any]]
    others: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """What `owned_by` owns in `module`, `shared_with` reads, or `writes` too.

    `related` are modules whose records below a shared one are shared too, and whether to write.
    """

    id: str
    module: str
    owned_by: Party
    shared_with: Party
    writes: bool
    related: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class People:
    """Some users, and everybody in some roles; `group_ids` are the groups among them."""

    user_ids: frozenset[str] = frozenset()
    role_ids: frozenset[str] = frozenset()
    group_ids: frozenset[str] = frozenset()

    def __or__(self, other: "People") -> "People":
        return People(
            self.user_ids | other.user_ids,
            self.role_ids | other.role_ids,
            self.group_ids | other.group_ids,
        )


@dataclass(frozen=True)
class Organisation:
    """All of it. `crews` are the users of each role, in one string of ids with commas."""

    version: int = 0
    roles: Mapping[str, Role] = field(default_factory=dict)
    crews: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    groups: Mapping[str, tuple[Party, ...]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    remembered: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def below(self, role_id: str | None, *, strictly: bool = True) -> frozenset[str]:
        """The roles below this one, and itself unless `strictly`."""
        place = self.roles.get(role_id or "")
        if place is None:
            return frozenset()
        key = (ROLE_AND_BELOW, place.path)
        if key not in self.remembered:
            found = (one for one, role in self.roles.items() if role.path.startswith(place.path))
            self.remembered[key] = frozenset(found)
        every: frozenset[str] = self.remembered[key]
        return every - {role_id} if strictly else every

    def people(self, party: Party, passed: frozenset[str] = frozenset()) -> People:
        """Everybody that a party is; a group is itself and all its members'."""
        match party.kind:
            case "user":
                return People(user_ids=frozenset({party.id}))
            case "role":
                return People(role_ids=frozenset({party.id}))
            case "role_and_below":
                return People(role_ids=self.below(party.id, strictly=False))
        if party.id in passed or party.id not in self.groups:
            return People()
        key = (GROUP, party.id)
        if key not in self.remembered:
            found = People(group_ids=frozenset({party.id}))
            for member in self.groups[party.id]:
                found |= self.people(member, passed | {party.id})
            if passed:  # what a circle has cut short is not all of it
                return found
            self.remembered[key] = found
        members: People = self.remembered[key]
        return members

    def has(self, party: Party, user_id: str, role_id: str | None) -> bool:
        """Whether this user, who has this role, is one of the party."""
        people = self.people(party)
        return user_id in people.user_ids or role_id in people.role_ids

    def groups_of(self, user_id: str, role_id: str | None) -> frozenset[str]:
        """The groups that a user is in, also by way of others."""
        return frozenset(
            one for one in self.groups if self.has(Party(GROUP, one), user_id, role_id)
        )

    def crew(self, role_ids: Iterable[str]) -> list[str]:
        """The ids of everybody who has one of these roles."""
        return [
            one for role_id in role_ids for one in self.crews.get(role_id, "").split(",") if one
        ]


_HELD: "WeakKeyDictionary[Any, Organisation]" = WeakKeyDictionary()
"""By the pool of a service's database: what this process has read last."""


def current(session: Session, version: int) -> Organisation:
    """The organisation of this version or newer; from memory unless it has changed."""
    pool = session.get_bind().engine.pool
    held = _HELD.get(pool)
    if held is None or held.version < version:
        held = _HELD[pool] = load(session)
    return held


def load(session: Session) -> Organisation:
    """Read all of it. What is read after the version may be newer, and is then read again."""
    version = session.scalar(select(tables.VERSION)) or 0
    role, principal = principals.role, principals.principal
    crews = select(
        cast(principal.c.role_id, Text), func.string_agg(cast(principal.c.user_id, Text), ",")
    ).group_by(principal.c.role_id)
    return Organisation(
        version,
        {
            row.role_id: Role(row.path, tuple(row.profile_ids), row.assigns_to)
            for row in session.execute(select(role).where(role.c.path != ""))
        },
        {role_id: users for role_id, users in session.execute(crews) if role_id},
        {
            row.profile_id: Profile(row.view_all, row.edit_all, row.modules, row.others)
            for row in session.execute(select(tables.profile).where(~tables.profile.c.deleted))
        },
        {
            row.group_id: tuple(Party(m["kind"], m["id"]) for m in row.members)
            for row in session.execute(select(tables.group).where(~tables.group.c.deleted))
        },
        tuple(
            rule_from(row.rule_id, row.rule)
            for row in session.execute(
                select(tables.sharing_rule)
                .where(~tables.sharing_rule.c.deleted)
                .order_by(tables.sharing_rule.c.rule_id)
            )
        ),
        session.scalar(select(principals.organisation.c.sharing).limit(1)) or {},
    )


def rule_from(rule_id: str, told: Mapping[str, Any]) -> Rule:
    """A rule as identity tells it."""
    related: Sequence[Mapping[str, str]] = told["related"]
    return Rule(
        rule_id,
        told["module"],
        _party(told, "owned_by"),
        _party(told, "shared_with"),
        told["access"] == READ_WRITE,
        tuple((one["module"], one["access"] == READ_WRITE) for one in related),
    )


READ_WRITE = "read_write"


def _party(told: Mapping[str, Any], side: str) -> Party:
    if told[f"{side}_group_id"]:
        return Party(GROUP, told[f"{side}_group_id"])
    kind = ROLE_AND_BELOW if told[f"{side}_subordinates"] else ROLE
    return Party(kind, told[f"{side}_role_id"])
