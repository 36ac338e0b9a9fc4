"""Whether what users wait for costs the same among a million contacts as among ten thousand.

    make bench ARGS="--scale 1000000"

One suite is measured with few contacts, then grown and measured again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter, sleep
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from bench import imports
from bench.company import Company
from bench.meter import Result, measure, used_idle
from bench.people import SEARCHES, grow
from bench.seeding import tidy

FEW = 10_000
AIM = 1.5
"""Times as much at most (issue 3)."""
_TIERS = ("Gold", "Silver", "Bronze", "Iron")
_PICKLIST = "/meta/contact/picklists/cf_tier/values"
_POLL_SECONDS = 0.5
_IMPORTED = 5_000
_INDEXED_SECONDS = 40
"""So long after it was asked for an index of a million stands."""


@dataclass(frozen=True)
class _Measured:
    """At one size: costs by scenario, the records a second that follow a rename, the import."""

    results: dict[str, Result]
    renamed: float
    imported: imports.Imported


def run(company: Company, scale: int, *, requests: int) -> None:
    """Measure at ten thousand and at `scale` contacts, and print both with their ratio."""
    console = Console()
    tier = {"name": "cf_tier", "kind": "picklist", "choices": list(_TIERS), "labels": _en("Tier")}
    score = {"name": "cf_score", "kind": "integer", "labels": _en("Score")}
    for field in (tier, score):
        company.call("POST", "/meta/contact/fields", field)
    model = company.call("POST", "/contacts", {"last_name": "Zyxwvut"})["id"]
    imports.know_accounts(company)
    measured = {}
    there = 0
    for number in (FEW, scale):
        started = perf_counter()
        grow(company, there, number, model, tiers=_TIERS)
        tidy(company.stage)
        console.log(f"{number:,} contacts after {perf_counter() - started:.0f} s")
        results = {r.name: r for r in _results(company, model, requests=requests)}
        there = number
        renamed = number / len(_TIERS) / _rename(company)
        measured[number] = _Measured(results, renamed, _import(company, number))
    Console(width=150).print(_table(measured[FEW], measured[scale], scale))


def _en(label: str) -> dict[str, str]:
    return {"en": label}


def _results(company: Company, contact_id: str, *, requests: int) -> Iterator[Result]:
    idle = used_idle(company.stage)

    def get(path: str) -> Callable[[int], None]:
        return lambda _: company.call("GET", path) and None

    scenarios: dict[str, str] = {
        "list": "/contacts?limit=25",
        "list, filtered by an own field": f"/contacts?limit=25&filter[cf_tier]={_TIERS[0]}",
        "duplicates of a contact": f"/contacts/{contact_id}/duplicates",
        "list, sorted by an own field": "/contacts?limit=25&sort=-cf_score",
    }
    for what, typed in SEARCHES.items():
        scenarios[f"list, {what}"] = f"/contacts?limit=25&q={quote(typed)}"
    for what, typed in SEARCHES.items():
        scenarios[f"everywhere, {what}"] = f"/search?q={quote(typed)}"
    for name, path in scenarios.items():
        get(path)(0)
        yield measure(company.stage, name, get(path), idle=idle, requests=requests, at_once=1)


def _rename(company: Company) -> float:
    """Seconds until every record of a tier has followed its new name, and back again."""
    started = perf_counter()
    for old, new in ((_TIERS[-1], "Lead"), ("Lead", _TIERS[-1])):
        company.call("PATCH", f"{_PICKLIST}/{old}", {"value": new})
        while company.call("GET", _PICKLIST.removesuffix("/values"))["following"]:
            sleep(_POLL_SECONDS)
    return (perf_counter() - started) / 2


def _import(company: Company, number: int) -> imports.Imported:
    """People whom no address matches, each with a superior found by name."""
    more = {"Email": f"{{n}}@among{number}.example", "Reports to": "Zyxwvut"}
    plan = {"match": ["email"], "on_match": "skip"}
    # The first has the indexes made that it asks for; they are used from the next part on.
    imports.measure(company, 1, more | {"Email": f"first@among{number}.example"}, **plan)
    sleep(_INDEXED_SECONDS)
    return imports.measure(company, _IMPORTED, more, **plan)


def _table(few: _Measured, many: _Measured, scale: int) -> Table:
    table = Table(title=f"at most {AIM} times as much among {scale:,} contacts as among {FEW:,}")
    table.add_column("")
    for heading in ("p50 ms", "then", "ratio", "CPU ms", "then", "ratio"):
        table.add_column(heading, justify="right")
    for name, before in few.results.items():
        after = many.results[name]
        table.add_row(
            name, *_compared(before.p50, after.p50), *_compared(_cpu(before), _cpu(after))
        )
    table.add_row(
        "picklist renamed: µs a record",
        *_compared(1_000_000 / few.renamed, 1_000_000 / many.renamed),
    )
    table.add_row(
        "import: ms a row",
        *_compared(1_000 / few.imported.rows, 1_000 / many.imported.rows, places=2),
        *_compared(few.imported.cpu, many.imported.cpu, places=2),
    )
    return table


def _cpu(result: Result) -> float:
    return sum(result.cpu.values())


def _compared(before: float, after: float, *, places: int = 1) -> tuple[str, ...]:
    return f"{before:.{places}f}", f"{after:.{places}f}", f"{after / before:.2f}"
