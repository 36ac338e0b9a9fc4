"""How long a change of rights takes until every service answers by it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from bench.company import Company
from bench.organisation import Person, hire

BRANCH = 200
"""So many roles, below one another by tens, move at once."""
_ROUNDS = 5
_POLL_SECONDS, _PATIENCE = 0.005, 30.0
_MODULES = ("opportunity", "purchase_order", "ticket", "account")
"""Those of the records that are looked at; what mails belong to follows accounts."""


@dataclass(frozen=True)
class Records:
    """One record of each service that belongs to the same owner, by the service."""

    paths: dict[str, str]

    def seen_by(self, person: Person) -> dict[str, bool]:
        """In which services the person sees it; in reporting, any of the pipeline."""
        seen = {}
        for service, path in self.paths.items():
            answer = _get(person, path)
            seen[service] = answer.ok and (service != "reporting" or bool(answer.json()["rows"]))
        return seen


@dataclass(frozen=True)
class _Change:
    """What lets the person see the records, and what takes that back."""

    give: Callable[[], Any]
    take: Callable[[], Any]
    records: Records
    person: Person


def _get(person: Person, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {person.client.token}"}
    at = f"{person.client.stage.url}/api/v1{path}"
    return requests.get(at, headers=headers, timeout=60)


def _records(admin: Company, owner_id: str) -> Records:
    def make(plural: str, **values: Any) -> str:
        body = {**values, "owner_id": owner_id}
        return f"/{plural}/{admin.call('POST', f'/{plural}', body)['id']}"

    vendor_id = admin.call("POST", "/vendors", {"name": "Bench"})["id"]
    deal = {"name": "Deal", "closing_date": "2027-01-31", "amount": "10.00"}
    letter = {"to": ["kim@example.com"], "subject": "Hello", "body_text": "Good morning."}
    return Records(
        {
            "sales": make("opportunities", **deal),
            "inventory": make("purchase-orders", subject="Bench", vendor_id=vendor_id),
            "support": make("tickets", title="Bench"),
            "messaging": make("emails", **letter),
            "reporting": "/reports/pipeline?group_by=owner",
        }
    )


def changes(admin: Company, top: str, profile: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Seconds, at the worst, from the answer to a change until each service answers by it."""
    call = admin.call
    (organisation,) = call("GET", "/organisations")["items"]
    defaults = f"/organisations/{organisation['id']}"
    call("PATCH", defaults, {"sharing": {}})
    owner, reader, worker, stranger = (hire(admin, top, profile) for _ in range(4))
    group = call("POST", "/groups", {"name": "Bench", "members": []})["id"]
    nothing = call("POST", "/profiles", {"name": "Nothing", "others": {"active": False}})["id"]
    below = _role(admin, reader.role_id, profile)
    branch, deepest = _branch(admin, top, profile)
    admin.settled()
    theirs, teams, own = (_records(admin, one) for one in (owner.user_id, group, worker.user_id))
    admin.settled()

    def patched(path: str, give: Any, take: Any, records: Records, person: Person) -> _Change:
        return _Change(
            lambda: call("PATCH", path, give), lambda: call("PATCH", path, take), records, person
        )

    shared = dict.fromkeys(_MODULES, "public_read")
    member = {"kind": "user", "id": reader.user_id}
    user, held = f"/users/{owner.user_id}", f"/roles/{worker.role_id}"
    profiles = ({"profile_ids": [profile]}, {"profile_ids": [nothing]})
    yield (
        "default",
        _worst(patched(defaults, {"sharing": shared}, {"sharing": {}}, theirs, reader)),
    )
    members = ({"members": [member]}, {"members": []})
    yield "group", _worst(patched(f"/groups/{group}", *members, teams, reader))
    roles = ({"role_id": below}, {"role_id": owner.role_id})
    yield "user's role", _worst(patched(user, *roles, theirs, reader))
    yield "role's profiles", _worst(patched(held, *profiles, own, worker))
    rules = _Rules(admin, owner.role_id, reader.role_id, stranger.role_id)
    added = _Change(rules.add, rules.delete, theirs, reader)
    yield "sharing rule: added, deleted", _worst(added)
    rules.add()
    turned = _Change(lambda: rules.share(reader), lambda: rules.share(stranger), theirs, reader)
    turned.take()
    admin.settled()
    yield "sharing rule: shared with others", _worst(turned)
    rules.delete()
    call("PATCH", user, {"role_id": deepest})
    admin.settled()
    parents = ({"parent_id": reader.role_id}, {"parent_id": top})
    yield (
        f"branch of {BRANCH} roles: moved",
        _worst(patched(f"/roles/{branch}", *parents, theirs, reader)),
    )


def _role(admin: Company, parent_id: str, profile: str) -> str:
    body = {"name": f"Bench {time.monotonic_ns()}", "parent_id": parent_id}
    role_id: str = admin.call("POST", "/roles", {**body, "profile_ids": [profile]})["id"]
    return role_id


def _branch(admin: Company, top: str, profile: str) -> tuple[str, str]:
    """The highest role of a branch, and one of the lowest."""
    first = above = _role(admin, top, profile)
    last = first
    for number in range(BRANCH - 1):
        last = _role(admin, above, profile)
        above = last if number % 10 == 0 else above
    return first, last


@dataclass
class _Rules:
    """One sharing rule for each module, from what a role owns to another role."""

    admin: Company
    owner_role_id: str
    reader_role_id: str
    other_role_id: str
    ids: tuple[str, ...] = ()

    def add(self) -> None:
        common = {"access": "read", "owned_by_role_id": self.owner_role_id, "related": []}
        common["shared_with_role_id"] = self.reader_role_id
        made = (
            self.admin.call("POST", "/sharing-rules", {**common, "module": m}) for m in _MODULES
        )
        self.ids = tuple(one["id"] for one in made)

    def share(self, person: Person) -> None:
        for rule_id in self.ids:
            shared = {"shared_with_role_id": person.role_id}
            self.admin.call("PATCH", f"/sharing-rules/{rule_id}", shared)

    def delete(self) -> None:
        for rule_id in self.ids:
            self.admin.call("DELETE", f"/sharing-rules/{rule_id}")


def _worst(change: _Change) -> dict[str, float]:
    worst: dict[str, float] = {}
    for _ in range(_ROUNDS):
        for make, wanted in ((change.give, True), (change.take, False)):
            make()
            for service, seconds in _until(change, wanted=wanted).items():
                worst[service] = max(seconds, worst.get(service, 0.0))
    return worst


def _until(change: _Change, *, wanted: bool) -> dict[str, float]:
    """By service, the seconds from now until it shows the record, or no longer does."""
    began, found = time.monotonic(), dict[str, float]()
    records, person = change.records, change.person
    while len(found) < len(records.paths):
        for service, seen in records.seen_by(person).items():
            if seen is wanted:
                found.setdefault(service, time.monotonic() - began)
        if time.monotonic() > began + _PATIENCE:
            raise RuntimeError(f"still not {wanted}: {records.seen_by(person)}")
        time.sleep(_POLL_SECONDS)
    return found
