"""`make chaos`: 100,000 shipments while processes, broker and PostgreSQL are killed at random.

    make chaos ARGS="--shipments 2000 --kills 8"
    make chaos ARGS="--mode embedded --shipments 500 --kills 6"

It starts a suite of its own, `tandem up` on a private RabbitMQ node and a private PostgreSQL or
`tandem run`, and prints what was lost and doubled; exit code 1 unless that is nothing. `up` kills
`--kills` processes (each kind in turn, the same for the same `--seed`) and once each the broker
and PostgreSQL; `embedded` kills the one process, now and then again while it starts.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.plan import Plan
from tests.chaos.run import Run, report
from tests.chaos.suite import Embedded, Up

_MODES = {"up": Up, "embedded": Embedded}
_SIZES = {"up": (100_000, 50), "embedded": (1_000, 10)}
_PATIENCE_SECONDS = 400.0
"""Longer than the third retry of an event waits (crmkit/bus/transport.py)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it as the arguments say; 1 if anything was lost or doubled or does not agree."""
    parser = argparse.ArgumentParser(
        prog="make chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--mode", choices=sorted(_MODES), default="up")
    parser.add_argument("--shipments", type=int, help="100000; embedded 1000")
    parser.add_argument("--kills", type=int, help="50; embedded 10")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=_PATIENCE_SECONDS, help="seconds")
    parser.add_argument("--directory", type=Path, help="where to make its files")
    given = parser.parse_args(arguments)
    shipments, kills = _SIZES[given.mode]
    plan = Plan(given.seed, given.shipments or shipments)
    kills = kills if given.kills is None else given.kills
    directory = Path(tempfile.mkdtemp(prefix="chaos-", dir=given.directory))
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:7.1f} s {line}", flush=True)

    with _MODES[given.mode](directory) as suite:
        say(f"ready: {given.mode}, seed {given.seed}")
        result = Run(suite, plan, kills, given.patience, say).result()
    print("\n".join(report(plan, result)), flush=True)
    if not result.verdict.good:
        print(f"Its files and logs are kept in {directory}", file=sys.stderr)
        return 1
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
