"""What rights cost: `python -m bench.access [RECORDS]`.

Starts a suite of its own in one process with 10,000 users of 1,000 roles and a million contacts.
Measures lists of 50 for people who see some of them, each against the administrator's list; then
how long a change of rights takes until every service answers by it. Nothing else should run.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import requests
from psycopg2 import sql
from rich.console import Console
from rich.table import Table
from uuid_utils import uuid7

from bench.company import Company
from bench.meter import Result, measure, used_idle
from bench.seeding import columns, tidy, url
from contracts.services import SERVICE_PORTS
from tandem.acceptance import stage
from tandem.provision import connect

_AIM = 1.5
_REQUESTS, _ROUNDS = 200, 5
_PASSWORD = "Quiet-harbour-92"
_POLL_SECONDS, _PATIENCE = 0.005, 10.0

_USERS, _ROLES = 10_000, 1_000
_LONE, _RARE, _VETERANS, _STAFF, _ABSENT = 1, 2, 100, 1_000, 20_000
"""From which number on users have one record, three old ones, old ones only, some, none at all."""
_SEEN = {
    "nothing": (_ABSENT, 1),
    "one record in the middle": (_LONE, 1),
    "three of the oldest": (_RARE, 1),
    "one owner's": (_STAFF, 1),
    "20 owners'": (_STAFF, 20),
    "100 owners'": (_STAFF, 100),
    "100 owners', all old": (_VETERANS, 100),
    "1,000 owners'": (_STAFF, 1_000),
    "1,000 owners' who have none": (_ABSENT, 1_000),
    "5,000 owners', by their roles": (_STAFF, 5_000),
}
"""Whose records one sees: from which number on, and of how many users."""

_NUMBERED = """
    CREATE FUNCTION pg_temp.numbered(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$
"""
_CROWD = f"""
    INSERT INTO role (role_id, path, profile_ids, version)
    SELECT pg_temp.numbered(n), %(path)s || CASE WHEN n %% 10 = 0 THEN '' ELSE
        pg_temp.numbered(n - n %% 10) || '/' END || pg_temp.numbered(n) || '/', %(profiles)s, 1
    FROM generate_series(0, {_ROLES - 1}) AS n;
    INSERT INTO principal (user_id, username, display_name, role_id, is_admin, active, version)
    SELECT pg_temp.numbered(n), 'user' || n, 'User ' || n, pg_temp.numbered(n %% {_ROLES}), false,
        true, 1
    FROM generate_series({_STAFF}, {_STAFF + _USERS - 1}) AS n
"""
_CREW = """
    INSERT INTO role (role_id, path, version)
    SELECT %(crew)s, path || %(crew)s || '/', 1 FROM role WHERE role_id = %(above)s;
    INSERT INTO principal (user_id, username, display_name, role_id, is_admin, active, version)
    SELECT pg_temp.numbered(n), 'user' || n, 'User ' || n, %(crew)s, false, true, 1
    FROM generate_series(%(first)s, %(last)s) AS n
    ON CONFLICT (user_id) DO UPDATE SET role_id = excluded.role_id
"""
_MAKE = f"""
    INSERT INTO contact (id, number, last_name, owner_id, {{names}})
    SELECT uuidv7(), 'C-' || n, 'Lovelace ' || n, CASE
        WHEN n = %(number)s / 2 THEN pg_temp.numbered({_LONE})
        WHEN n IN (10, 20, 30) THEN pg_temp.numbered({_RARE})
        WHEN n <= %(number)s / 100 THEN pg_temp.numbered({_VETERANS} + n %% 100)
        ELSE pg_temp.numbered({_STAFF} + (hashint8(n)::bigint & 2147483647) %% {_USERS}) END,
        {{values}}
    FROM generate_series(1, %(number)s) AS n JOIN contact ON contact.id = %(model)s
    ORDER BY n
"""
_CHANGED = "UPDATE rights_version SET version = version + 1"


@dataclass(frozen=True)
class Person:
    """Somebody who looks, in a role of their own."""

    client: Company
    user_id: str
    role_id: str


def hire(admin: Company, top: str, profile: str) -> Person:
    role = {"name": f"Bench {uuid7()}", "parent_id": top, "profile_ids": [profile]}
    role_id = admin.call("POST", "/roles", role)["id"]
    user = {"username": f"bench-{uuid7()}", "last_name": "Bench", "role_id": role_id}
    user_id = admin.call("POST", "/users", user)["id"]
    admin.call("POST", f"/users/{user_id}/password", {"password": _PASSWORD})
    return Person(Company(admin.stage, 1, user["username"], _PASSWORD), user_id, role_id)


def execute(admin: Company, service: str, *statements: tuple[Any, dict[str, Any]]) -> None:
    with closing(connect(url(admin.stage, service))) as connection, connection.cursor() as cursor:
        cursor.execute(_NUMBERED)
        for statement, values in statements:
            cursor.execute(statement, values)


def crowd(admin: Company, top: str, profile: str) -> None:
    """10,000 users and 1,000 roles, in each service's copy of who there is."""
    values = {"path": f"{top}/", "profiles": f'["{profile}"]'}
    for service in SERVICE_PORTS:
        execute(admin, service, (_CROWD, values), (_CHANGED, {}))


def fill(admin: Company, number: int) -> None:
    """So many contacts; without the indexes of words and likeness, which take longest and which
    no list in the order of age looks at.
    """
    model = admin.call("POST", "/contacts", {"last_name": "Lovelace"})["id"]
    with closing(connect(url(admin.stage, "sales"))) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'contact' AND indexdef LIKE '%gin%'"
        )
        idle = [sql.SQL("DROP INDEX {}").format(sql.Identifier(i)) for (i,) in cursor.fetchall()]
        kept = [n for n in columns(cursor, "contact") if n not in {"last_name", "owner_id"}]
        make = sql.SQL(_MAKE).format(
            names=sql.SQL(", ").join(map(sql.Identifier, kept)),
            values=sql.SQL(", ").join(sql.Identifier("contact", name) for name in kept),
        )
    given = {"number": number, "model": model}
    execute(admin, "sales", *((drop, {}) for drop in idle), (make, given))


def lists(admin: Company, top: str, profile: str) -> Iterator[Result]:
    people = {name: hire(admin, top, profile) for name in _SEEN}
    admin.settled()
    tidy(admin.stage)
    idle = used_idle(admin.stage)

    def measured(name: str, client: Company) -> Result:
        def look(_: int) -> None:
            client.call("GET", "/contacts?limit=50")

        look(0)
        return measure(admin.stage, name, look, idle=idle, requests=_REQUESTS, at_once=1)

    yield measured("everything (the administrator)", admin)
    for name, (first, many) in _SEEN.items():
        crew = {"crew": str(uuid7()), "above": people[name].role_id}
        crew |= {"first": first, "last": first + many - 1}
        execute(admin, "sales", (_CREW, crew), (_CHANGED, {}))
        time.sleep(1)
        yield measured(name, people[name].client)


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
    owner, reader, worker = (hire(admin, top, profile) for _ in range(3))
    group = call("POST", "/groups", {"name": "Bench", "members": []})["id"]
    role = {"name": "Below", "parent_id": reader.role_id, "profile_ids": [profile]}
    below = call("POST", "/roles", role)["id"]
    nothing = call("POST", "/profiles", {"name": "Nothing", "others": {"active": False}})["id"]
    admin.settled()
    theirs, teams, own = (_records(admin, one) for one in (owner.user_id, group, worker.user_id))
    admin.settled()
    shared = dict.fromkeys(("opportunity", "purchase_order", "ticket", "account"), "public_read")
    member = {"kind": "user", "id": reader.user_id}
    user, held = f"/users/{owner.user_id}", f"/roles/{worker.role_id}"
    told: dict[str, tuple[str, dict[str, Any], dict[str, Any], Records, Person]] = {
        "default": (defaults, {"sharing": shared}, {"sharing": {}}, theirs, reader),
        "group": (f"/groups/{group}", {"members": [member]}, {"members": []}, teams, reader),
        "user's role": (user, {"role_id": below}, {"role_id": owner.role_id}, theirs, reader),
        "role's profiles": (
            held,
            {"profile_ids": [profile]},
            {"profile_ids": [nothing]},
            own,
            worker,
        ),
    }
    for name, (path, give, take, records, person) in told.items():
        worst: dict[str, float] = {}
        for _ in range(_ROUNDS):
            for body, wanted in ((give, True), (take, False)):
                call("PATCH", path, body)
                for service, seconds in _until(records, person, wanted=wanted).items():
                    worst[service] = max(seconds, worst.get(service, 0.0))
        yield name, worst


def _until(records: Records, person: Person, *, wanted: bool) -> dict[str, float]:
    """By service, the seconds from now until it shows the record, or no longer does."""
    began, found = time.monotonic(), dict[str, float]()
    while len(found) < len(records.paths):
        for service, seen in records.seen_by(person).items():
            if seen is wanted:
                found.setdefault(service, time.monotonic() - began)
        if time.monotonic() > began + _PATIENCE:
            raise RuntimeError(f"still not {wanted}: {records.seen_by(person)}")
        time.sleep(_POLL_SECONDS)
    return found


def main(number: int = 1_000_000) -> None:
    console = Console(width=150)
    with stage.embedded() as suite:
        admin = Company(suite, at_once=1)
        top = admin.call("GET", "/roles?filter[parent_id][empty]=true")["items"][0]["id"]
        everything = {"active": True, "verbs": ["*"]}
        body = {"name": "Everything", "others": everything}
        profile = admin.call("POST", "/profiles", body)["id"]
        admin.settled()
        crowd(admin, top, profile)
        console.print(_worst(changes(admin, top, profile)))
        fill(admin, number)
        console.print(_compared(lists(admin, top, profile), number))


def _worst(measured: Iterator[tuple[str, dict[str, float]]]) -> Table:
    table = Table(title=f"{_USERS:,} users, {_ROLES:,} roles: at most a second until all answer so")
    table.add_column("seconds after a change of")
    rows = dict(measured)
    services = next(iter(rows.values()))
    for service in services:
        table.add_column(service, justify="right")
    for name, worst in rows.items():
        table.add_row(name, *(f"{worst[service]:.2f}" for service in services))
    return table


def _compared(results: Iterator[Result], number: int) -> Table:
    table = Table(title=f"lists of 50 of {number:,}: at most {_AIM} times the administrator's")
    table.add_column("who sees")
    for heading in ("p50 ms", "ratio", "CPU ms", "of it postgresql", "ratio", "SQL"):
        table.add_column(heading, justify="right")
    first = None
    for one in results:
        first = first or one
        cpu, base = sum(one.cpu.values()), sum(first.cpu.values())
        table.add_row(
            one.name,
            f"{one.p50:.1f}",
            f"{one.p50 / first.p50:.2f}",
            f"{cpu:.1f}",
            f"{one.cpu['postgresql']:.1f}",
            f"{cpu / base:.2f}",
            f"{one.statements.get('request', 0):.1f}",
        )
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
