"""`make bench`: starts a suite of its own, fills it, measures each request, prints a table.

    make bench ARGS="--requests 1000"
    make bench ARGS="--mode up --leads 100 --opportunities 100"
    make bench ARGS="--scale 1000000"

Nothing else should run on the machine meanwhile: servers are counted whole.
"""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from bench import scale
from bench.company import Company
from bench.meter import Result
from bench.scenarios import scenarios
from bench.seeding import tidy
from crmkit.config import Settings
from tandem.acceptance import stage

_AIMS = {
    "create lead": (6, 6),
    "read lead": (3, None),
    "list 50 leads": (6, None),
    "convert lead": (15, 16),
    "order to stock": (40, 40),
    "pipeline report": (10, None),
}
"""CPU milliseconds and SQL statements, of issue and README, on two cores."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--mode", choices=("embedded", "up"), default="embedded")
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--opportunities", type=int, default=100_000)
    parser.add_argument(
        "--scale", type=int, help="compare lists, search and a rename at 10,000 and at so many"
    )
    given = parser.parse_args()
    if given.scale is not None and given.mode != "embedded":
        parser.error("--scale needs the embedded PostgreSQL")
    running = stage.embedded() if given.mode == "embedded" else stage.up(Settings.from_env())
    console = Console()
    with running as suite:
        company = Company(suite, given.at_once)
        if given.scale is not None:
            scale.run(company, given.scale, requests=given.requests)
            return 0
        company.populate(given.leads, given.opportunities)
        company.settled()
        if given.mode == "embedded":
            tidy(suite)
        table = _table(given.mode, given.leads, given.opportunities)
        for result in scenarios(company, requests=given.requests, at_once=given.at_once):
            console.log(f"{result.name}: {sum(result.cpu.values()):.1f} ms CPU")
            _add(table, result)
        Console(width=150).print(table)
    return 0


def _table(mode: str, leads: int, opportunities: int) -> Table:
    table = Table(title=f"{mode}: {leads:,} leads, {opportunities:,} opportunities")
    for heading in ("", "req/s", "p50", "p95", "p99", "CPU ms", "of it python", "postgresql"):
        table.add_column(heading, justify="right" if heading else "left")
    for heading in ("rabbitmq", "aim", "SQL request", "event", "aim"):
        table.add_column(heading, justify="right")
    return table


def _add(table: Table, result: Result) -> None:
    cpu_aim, sql_aim = _AIMS.get(result.name, (None, None))
    table.add_row(
        result.name,
        f"{result.per_second:.0f}",
        *(f"{latency:.1f}" for latency in (result.p50, result.p95, result.p99)),
        f"{sum(result.cpu.values()):.1f}",
        *(f"{result.cpu[kind]:.1f}" for kind in ("python", "postgresql", "rabbitmq")),
        "" if cpu_aim is None else f"≤ {cpu_aim}",
        f"{result.statements.get('request', 0):.1f}",
        f"{result.statements.get('event', 0):.1f}",
        "" if sql_aim is None else f"≤ {sql_aim}",
    )


if __name__ == "__main__":
    sys.exit(main())
