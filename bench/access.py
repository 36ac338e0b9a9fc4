"""What rights cost: `python -m bench.access [RECORDS] [up]`.

Starts a suite of its own with 10,000 users of 1,000 roles and measures how long a change of rights
takes until every service answers by it. Then, in one process only, lists of 50 of a million
contacts for people who see some of them, each against the administrator's list. Nothing else
should run.
"""

import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from bench import organisation
from bench.changes import changes
from bench.company import Company
from bench.meter import Result, measure, used_idle
from bench.organisation import ABSENT, ELDERS, HEIRS, KEEPERS, LONE, PATRON, RARE, STAFF, VETERANS
from bench.seeding import tidy
from crmkit.config import Settings
from tandem.acceptance import stage

_AIM = 1.5
_REQUESTS = 200

_Some = tuple[float, int]
"""From which number on, and how many."""
_SEEN: dict[str, tuple[list[_Some], list[_Some]]] = {
    "nothing": ([(ABSENT, 1)], []),
    "one record in the middle": ([(LONE, 1)], []),
    "three of the oldest": ([(RARE, 1)], []),
    "one owner's": ([(STAFF, 1)], []),
    "20 owners'": ([(STAFF, 20)], []),
    "100 owners'": ([(STAFF, 100)], []),
    "100 owners', all old": ([(VETERANS, 100)], []),
    "1,000 owners'": ([(STAFF, 1_000)], []),
    "1,000 owners' who have none": ([(ABSENT, 1_000)], []),
    "100 owners', all old, and 900 who have none": ([(VETERANS, 100), (ABSENT, 900)], []),
    "5,000 owners', by their roles": ([(STAFF, 5_000)], []),
    "below one owner's accounts": ([], [(KEEPERS, 1)]),
    "below 10 owners' accounts": ([], [(KEEPERS, 10)]),
    "below 20 owners' accounts": ([], [(KEEPERS, 20)]),
    "below 100 owners' accounts": ([], [(KEEPERS, 100)]),
    "below all accounts": ([], [(KEEPERS, 1_000)]),
    "below one account, all old": ([], [(PATRON, 1)]),
    "below 100 owners' accounts, all old": ([], [(ELDERS, 100)]),
    "below 10 owners' accounts that have none": ([], [(HEIRS, 10)]),
    "below 100 owners' accounts that have none": ([], [(HEIRS, 100)]),
    "20 owners' and below 20 others' accounts": ([(STAFF, 20)], [(KEEPERS, 20)]),
    "100 who have none and below 10 others'": ([(ABSENT, 100)], [(KEEPERS, 10)]),
}
"""Whose records one sees as their superior, and whose accounts by a rule, with what lies below."""
_ASKED = {
    "filtered": "filter[lead_source]=Partner",
    "oldest first": "sort=id",
    "by number": "sort=-number",
    "by name": "sort=last_name",
    "searched": "q=Lovelace%2042",
}
"""What else lists are asked, and of whom it is measured; each against the administrator's."""
_ASKING = (
    "three of the oldest",
    "20 owners'",
    "100 owners', all old",
    "1,000 owners'",
    "1,000 owners' who have none",
    "below 10 owners' accounts",
    "below 100 owners' accounts",
    "20 owners' and below 20 others' accounts",
)


def lists(admin: Company, top: str, profile: str) -> Iterator[tuple[str, list[Result]]]:
    """Results of one kind of list at a time, the administrator's first."""
    people = {name: organisation.hire(admin, top, profile) for name in _SEEN}
    admin.settled()
    tidy(admin.stage)
    idle = used_idle(admin.stage)

    def measured(name: str, asked: str) -> Result:
        client = admin
        if name in people:
            client = people[name].client
            organisation.give(admin, people[name], *_SEEN[name])
            time.sleep(1)

        def look(_: int) -> None:
            client.call("GET", f"/contacts?limit=50{asked}")

        for number in range(3):
            look(number)
        requests = _REQUESTS if not asked else _REQUESTS // 5
        return measure(admin.stage, name, look, idle=idle, requests=requests, at_once=1)

    for kind, asked in {"": "", **_ASKED}.items():
        added = asked and f"&{asked}"
        names = ("everything (the administrator)", *(_ASKING if kind else _SEEN))
        yield kind, [measured(one, added) for one in names]


def main(number: str = "1000000", mode: str = "embedded") -> None:
    console = Console(width=150)
    with stage.up(Settings.from_env()) if mode == "up" else stage.embedded() as suite:
        admin = Company(suite, at_once=1)
        top = admin.call("GET", "/roles?filter[parent_id][empty]=true")["items"][0]["id"]
        everything = {"active": True, "verbs": ["*"]}
        body = {"name": "Everything", "others": everything}
        profile = admin.call("POST", "/profiles", body)["id"]
        admin.settled()
        organisation.crowd(admin, top, profile)
        console.print(_worst(changes(admin, top, profile)))
        if mode == "up":
            return
        began = time.monotonic()
        organisation.fill(admin, int(number))
        console.log(f"{int(number):,} contacts after {time.monotonic() - began:.0f} s")
        for kind, results in lists(admin, top, profile):
            console.print(_compared(kind, results, int(number)))


def _worst(measured: Iterator[tuple[str, dict[str, float]]]) -> Table:
    title = f"{organisation.USERS:,} users, {organisation.ROLES:,} roles"
    table = Table(title=f"{title}: at most a second until all answer so")
    table.add_column("seconds after a change of")
    rows = dict(measured)
    services = next(iter(rows.values()))
    for service in services:
        table.add_column(service, justify="right")
    for name, worst in rows.items():
        table.add_row(name, *(f"{worst[service]:.2f}" for service in services))
    return table


def _compared(kind: str, results: list[Result], number: int) -> Table:
    title = ", ".join(filter(None, (f"lists of 50 of {number:,}", kind)))
    table = Table(title=f"{title}: at most {_AIM} times the administrator's")
    table.add_column("who sees")
    for heading in ("p50 ms", "ratio", "CPU ms", "of it postgresql", "ratio", "SQL"):
        table.add_column(heading, justify="right")
    first = results[0]
    for one in results:
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
    main(*sys.argv[1:])
