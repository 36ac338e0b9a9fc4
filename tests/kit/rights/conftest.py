"""A workshop of its own, whose people, profiles, groups and rules each test arranges anew."""

import itertools

import pytest

from crmkit.unit_of_work import new_id
from tests.service.served import EVERYTHING, person, profile, record, role, serving

ORGANISATION = "01990000-0000-7000-8000-0000000000c1"


class Company:
    """What identity would tell of it; each telling is newer than the last."""

    def __init__(self, service):
        self.service = service
        self._versions = itertools.count(1)
        self._rules = []
        self._paths = {}

    def tell(self, make, *about, **values):
        self.service.hear("people", make(*about, next(self._versions), **values))

    def role(self, below=None, **values):
        role_id = new_id()
        self._paths[role_id] = self._paths.get(below, "") + f"{role_id}/"
        self.tell(role, role_id, self._paths[role_id], **values)
        return role_id

    def change_role(self, role_id, **values):
        self.tell(role, role_id, self._paths[role_id], **values)

    def user(self, role_id, **values):
        user_id = new_id()
        self.tell(person, user_id, role_id=role_id, **values)
        return user_id

    def move(self, user_id, role_id, **values):
        self.tell(person, user_id, role_id=role_id, **values)

    def profile(self, **values):
        profile_id = new_id()
        self.tell(profile, profile_id, **values)
        return profile_id

    def change_profile(self, profile_id, **values):
        self.tell(profile, profile_id, **values)

    def group(self, *members, deleted=False, group_id=None):
        group_id = group_id or new_id()
        parties = [{"kind": kind, "id": party} for kind, party in members]
        state = {"name": "Crew", "members": parties}
        kind = "crm.identity.group.changed.v1"
        told = record(kind, group_id, next(self._versions), deleted=deleted, **state)
        self.service.hear("people", told)
        return group_id

    def rule(
        self, module, owned_by, shared_with, access="read", related=(), *, rule_id=None, name=None
    ):
        """Parties are (kind, id)."""
        rule_id = rule_id or new_id()
        state = {"name": name, "module": module, "access": access, "related": list(related)}
        for side, (kind, party) in (("owned_by", owned_by), ("shared_with", shared_with)):
            state[f"{side}_role_id"] = None if kind == "group" else party
            state[f"{side}_group_id"] = party if kind == "group" else None
            state[f"{side}_subordinates"] = kind == "role_and_below"
        self._rules.append((rule_id, state))
        self._tell_rule(rule_id, state, deleted=False)
        return rule_id

    def _tell_rule(self, rule_id, state, *, deleted):
        kind = "crm.identity.sharing_rule.changed.v1"
        told = record(kind, rule_id, next(self._versions), deleted=deleted, **state)
        self.service.hear("people", told)

    def default(self, **sharing):
        kind = "crm.identity.organisation.changed.v1"
        state = {"fiscal_year_start_month": 1, "sharing": sharing}
        told = record(kind, ORGANISATION, next(self._versions), **state)
        self.service.hear("people", told)

    def clear(self):
        """Nothing is shared."""
        for rule_id, state in self._rules:
            self._tell_rule(rule_id, state, deleted=True)
        self._rules.clear()
        self.default()


@pytest.fixture(scope="module")
def served_company():
    with serving("workshop", package="tests.kit.workshop") as service:
        yield Company(service)


@pytest.fixture
def company(served_company):
    yield served_company
    served_company.clear()


@pytest.fixture
def everything():
    """The profile that grants every verb."""
    return EVERYTHING
