"""For organisations that nobody has thought of, the clause is what the thirteen steps say, and
administrators are told the step that decides.
"""

import importlib
import itertools
import warnings
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from contracts.caller import system_caller
from crmkit.records import access, callers
from crmkit.records.rights import assembling, deciding, explaining, organisation
from crmkit.unit_of_work import UnitOfWork, new_id

VERBS = ("view", "edit", "paint", "delete")
KINDS = {"view": "read", "edit": "write", "paint": "write", "delete": "delete"}
DEFAULTS = ("private", "public_read", "public_edit", "public_full")
MOST = 4
"""Roles, users, groups, records: few, so that they meet."""
RARELY = st.sampled_from((*(False,) * 7, True))
"""So that what sharing comes to is not hidden behind profiles that need none."""

index = st.integers(0, MOST - 1)
party = st.tuples(st.sampled_from(("role", "role_and_below", *["group"] * 2)), index)
member = st.tuples(st.sampled_from(("user", "role", "role_and_below", *["group"] * 3)), index)
verbs_granted = st.one_of(st.just({*VERBS}), st.just({*VERBS}), st.sets(st.sampled_from(VERBS)))
profiles = st.tuples(verbs_granted, st.sampled_from((True, True, True, False)))


@dataclass
class Drawn:
    """An organisation by positions: `above` of each role is an earlier one or none.

    Each role has profiles, of which each is the verbs it grants and whether the module is on in it;
    `named` is up to how many owners are named one by one.
    """

    above: list
    granted: list
    view_all: list
    edit_all: list
    users: list
    groups: list
    rules: list
    default: str
    owners: list
    parents: list
    named: int
    ids: dict = field(default_factory=dict)


drawn = st.builds(
    Drawn,
    above=st.lists(st.one_of(st.none(), index), min_size=MOST, max_size=MOST),
    granted=st.lists(st.lists(profiles, min_size=1, max_size=2), min_size=MOST, max_size=MOST),
    view_all=st.lists(RARELY, min_size=MOST, max_size=MOST),
    edit_all=st.lists(RARELY, min_size=MOST, max_size=MOST),
    users=st.lists(index, min_size=MOST, max_size=MOST),
    groups=st.lists(st.lists(member, max_size=2), min_size=MOST, max_size=MOST),
    rules=st.lists(
        st.tuples(party, party, st.booleans(), st.sampled_from((None, "read", "read_write"))),
        min_size=1,
        max_size=6,
    ),
    default=st.sampled_from(("private", "private", *DEFAULTS)),
    owners=st.lists(
        st.tuples(st.sampled_from(("user", "group")), index), min_size=MOST, max_size=MOST
    ),
    parents=st.lists(st.one_of(st.none(), index), min_size=MOST, max_size=MOST),
    named=st.sampled_from((0, 1, MOST * 10)),
)


def chain(drawn, role):
    """The roles above this one, the lowest first; a later one cannot stand above."""
    above = drawn.above[role]
    return [] if above is None or above >= role else [above, *chain(drawn, above)]


def in_party(drawn, user, kind, which, passed=()):
    role = drawn.users[user]
    if kind == "user":
        return user == which
    if kind == "role":
        return role == which
    if kind == "role_and_below":
        return role == which or which in chain(drawn, role)
    if which in passed:
        return False
    members = drawn.groups[which]
    return any(in_party(drawn, user, k, w, (*passed, which)) for k, w in members)


def groups_within(drawn, group, passed=()):
    found = {group}
    for kind, which in drawn.groups[group]:
        if kind == "group" and which not in passed:
            found |= groups_within(drawn, which, (*passed, group))
    return found


def owns(drawn, owner, kind, which):
    """Whether an owner is one of a party."""
    if owner[0] == "user":
        return in_party(drawn, owner[1], kind, which)
    return kind == "group" and owner[1] in groups_within(drawn, which)


def may(drawn, user, verb, record):
    """The thirteen steps, one record after another: which one decides, and how."""
    role, kind = drawn.users[user], KINDS[verb]
    owner = drawn.owners[record]
    if (verb == "view" and drawn.view_all[role]) or (
        verb in {"view", "edit"} and drawn.edit_all[role]
    ):
        return 4, True
    granted = [verbs for verbs, on in drawn.granted[role] if on]
    if not any(verb in verbs for verbs in granted):
        return 6 if granted else 5, False
    if place := by_place(drawn, user, owner):
        return place, True
    opened = DEFAULTS.index(drawn.default) >= ("read", "write", "delete").index(kind) + 1
    if opened or kind == "delete":
        return 12, opened
    return 13, any(
        by_rule(drawn, rule, record, kind == "write")
        for rule in drawn.rules
        if in_party(drawn, user, *rule[1])
    )


def by_place(drawn, user, owner):
    """Which of steps 9 to 11, if one of them."""
    if owner[0] == "group":
        return 11 if in_party(drawn, user, "group", owner[1]) else None
    if owner[1] == user:
        return 9
    return 10 if drawn.users[user] in chain(drawn, drawn.users[owner[1]]) else None


def told(drawn, user, verb, record):
    """The same as it is explained: nothing is done with what is not seen."""
    seen, own = (may(drawn, user, one, record) for one in ("view", verb))
    return own if seen[1] or not own[1] else seen


def by_rule(drawn, rule, record, writing):
    """Step 13, for whoever the rule shares with."""
    owned_by, _, writes, related = rule
    if owns(drawn, drawn.owners[record], *owned_by) and (writes or not writing):
        return True
    parent = drawn.parents[record]
    if parent is None or related is None or (writing and related == "read"):
        return False
    return owns(drawn, drawn.owners[parent], *owned_by)


def tell(company, drawn):
    """Have the service hear of it; the ids of all of it by (kind, position)."""
    ids = drawn.ids
    for position in range(MOST):
        ids["group", position] = new_id()
    for role in range(MOST):
        held = []
        for position, (verbs, on) in enumerate(drawn.granted[role]):
            granted = {"active": on, "verbs": sorted(verbs)}
            if position:  # what is said of the module by name stands before what others have
                held.append(company.profile(modules={"widget": {**granted, "fields": {}}}))
            else:
                everywhere = {"view_all": drawn.view_all[role], "edit_all": drawn.edit_all[role]}
                held.append(company.profile(others=granted, **everywhere))
        above = chain(drawn, role)[:1]
        below = ids["role", above[0]] if above else None
        ids["role", role] = company.role(below=below, profile_ids=held)
    for user, role in enumerate(drawn.users):
        ids["user", user] = company.user(ids["role", role])

    def named(kind, which):
        return kind, ids["role" if kind.startswith("role") else kind, which]

    for group, members in enumerate(drawn.groups):
        company.group(*(named(*one) for one in members), group_id=ids["group", group])
    for owned_by, shared_with, writes, related in drawn.rules:
        company.rule(
            "widget",
            named(*owned_by),
            named(*shared_with),
            "read_write" if writes else "read",
            [{"module": "widget", "access": related}] if related else [],
        )
    company.default(widget=drawn.default)


def write(company, original, drawn):
    """The records, as copies of one."""
    ids = [new_id() for _ in range(MOST)]
    for record, owner in enumerate(drawn.owners):
        parent = drawn.parents[record]
        company.service.sql(
            "INSERT INTO widget (id, version, created_at, modified_at, created_by, modified_by, "
            "source, name, active, colour, sizes, owner_id, parent_id) SELECT %s, 1, created_at, "
            "modified_at, created_by, modified_by, source, 'drawn', active, colour, sizes, %s, %s "
            "FROM widget WHERE id = %s",
            ids[record],
            drawn.ids[owner],
            None if parent is None else ids[parent],
            original,
        )
    return ids


@pytest.fixture(scope="module")
def entity():
    """Its doors bring eventlet, which warns of itself."""
    with warnings.catch_warnings(action="ignore"):
        return importlib.import_module("tests.kit.workshop.service").WIDGET


@pytest.fixture
def original(company):
    return company.service.as_(company.user(company.role())).create("widgets", name="x")["id"]


def as_caller(session, known, drawn, user):
    """As the service finds them, but for how many owners it names."""
    caller = callers.as_caller(session, drawn.ids["user", user])
    role = drawn.ids["role", drawn.users[user]]
    rights = assembling.assemble(known, caller.user_id, role, most_named=drawn.named)
    return replace(caller, rights=rights)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=drawn)
def test_the_clause_is_what_the_steps_say(company, entity, original, drawn):
    company.clear()
    tell(company, drawn)
    records = write(company, original, drawn)
    table = entity.model.__table__
    with company.service.database.reading() as session:
        known = organisation.load(session)
        people = [as_caller(session, known, drawn, user) for user in range(MOST)]
        for user, verb in itertools.product(range(MOST), VERBS):
            caller = people[user]
            wanted = {r for r in range(MOST) if may(drawn, user, verb, r)[1]}
            clause = access.visible(entity, caller, verb)
            query = select(table.c.id).where(table.c.id.in_(records), clause)
            found = {records.index(record_id) for record_id in session.scalars(query)}
            assert found == wanted, (user, verb)
        uow = UnitOfWork(session, system_caller(), "workshop")
        for user, record in itertools.product(range(MOST), range(MOST)):
            asked = explaining.question(uow, entity, records[record], drawn.ids["user", user])
            for verb in VERBS:
                decided = deciding.decide(asked, verb)
                said = (decided.step, decided.granted)
                assert said == told(drawn, user, verb, record), (user, verb, record)
