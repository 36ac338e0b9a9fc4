"""What all processes of a suite have used: CPU from /proc, SQL statements from /metrics."""

import os
import re
import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, sleep

import requests

from tandem.acceptance.stage import Stage

_TICK = os.sysconf("SC_CLK_TCK")
_STATEMENTS = re.compile(
    r'^tandem_sql_statements_total\{activity="(\w+)",service="(\w+)"\} (\S+)', re.MULTILINE
)
_PID, _NAME, _PARENT, _OWN, _CHILDREN = 0, 1, 3, (13, 14), (15, 16)
"""Fields of /proc/<pid>/stat (proc(5)), counted from 0."""


@dataclass(frozen=True)
class Used:
    """CPU in seconds; statements by activity (request, event, background); when, in seconds."""

    cpu: dict[str, float]
    statements: dict[str, float]
    at: float

    def since(self, before: "Used") -> "Used":
        return Used(
            {kind: spent - before.cpu.get(kind, 0.0) for kind, spent in self.cpu.items()},
            {kind: n - before.statements.get(kind, 0.0) for kind, n in self.statements.items()},
            self.at - before.at,
        )

    def beyond(self, idle: "Used") -> "Used":
        """Without what a suite that does nothing would have used in the same time."""
        share = self.at / idle.at
        return replace(
            self, cpu={kind: spent - idle.cpu[kind] * share for kind, spent in self.cpu.items()}
        )


@dataclass(frozen=True)
class Result:
    """One scenario: latencies in milliseconds, the rest per request."""

    name: str
    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float
    cpu: dict[str, float]
    statements: dict[str, float]


def used(stage: Stage) -> Used:
    return Used(_cpu(stage), _statements(stage), perf_counter())


def used_idle(stage: Stage, seconds: float = 15.0) -> Used:
    """What the suite uses while nobody asks it anything: polls, timers, heartbeats."""
    before = used(stage)
    sleep(seconds)
    return used(stage).since(before)


def _cpu(stage: Stage) -> dict[str, float]:
    """Python processes of the suite by their environment, an embedded PostgreSQL by its parent.

    Servers that are not the suite's own are counted whole, so nothing else should use them.
    """
    spent = {"python": 0.0, "postgresql": 0.0, "rabbitmq": 0.0}
    mark = f"TANDEM_VAR={stage.var}".encode()
    pid_file = stage.var / "postgres" / "postmaster.pid"
    postmaster = pid_file.read_text().split()[0] if pid_file.exists() else None
    for stat, process in _processes():
        own = sum(int(stat[n]) for n in _OWN) / _TICK
        # Backends that have ended are in the postmaster's account.
        ended = sum(int(stat[n]) for n in _CHILDREN) / _TICK
        if stat[_NAME] == "postgres":
            if postmaster is None or postmaster in {stat[_PID], stat[_PARENT]}:
                spent["postgresql"] += own + ended
        elif stat[_NAME] == "beam.smp" and postmaster is None:
            spent["rabbitmq"] += own
        elif mark in _environment(process).split(b"\0"):
            spent["python"] += own
    return spent


def pids(stage: Stage, *words: str) -> list[int]:
    """The suite's Python processes whose command line has all of these words."""
    mark = f"TANDEM_VAR={stage.var}".encode()
    return [
        int(stat[_PID])
        for stat, process in _processes()
        if mark in _environment(process).split(b"\0")
        and set(words) <= set(re.split(r"[\0,]", (process / "cmdline").read_text()))
    ]


def _processes() -> Iterator[tuple[list[str], Path]]:
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                text = (process / "stat").read_text()
            except OSError:
                continue
            head, _, rest = text.rpartition(")")
            pid, _, name = head.partition(" (")
            yield [pid, name, *rest.split()], process


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def _statements(stage: Stage) -> dict[str, float]:
    counted: dict[str, float] = {}
    for address in stage.processes:
        text = requests.get(f"{address}/metrics", timeout=10).text
        for activity, _, number in _STATEMENTS.findall(text):
            counted[activity] = counted.get(activity, 0.0) + float(number)
    return counted


def measure(
    stage: Stage,
    name: str,
    run: Callable[[int], None],
    *,
    idle: Used,
    requests: int,
    at_once: int,
    settle: Callable[[], None] = lambda: None,
) -> Result:
    """Call `run(n)` so many times, `at_once` in parallel, then `settle` until events are done."""

    def timed(number: int) -> float:
        started = perf_counter()
        run(number)
        return (perf_counter() - started) * 1000

    before = used(stage)
    started = perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        latencies = sorted(pool.map(timed, range(requests)))
    elapsed = perf_counter() - started
    settle()
    spent = used(stage).since(before).beyond(idle)
    cuts = statistics.quantiles(latencies, n=100)
    return Result(
        name,
        requests,
        requests / elapsed,
        cuts[49],
        cuts[94],
        cuts[98],
        {kind: seconds * 1000 / requests for kind, seconds in spent.cpu.items()},
        {kind: number / requests for kind, number in spent.statements.items()},
    )
