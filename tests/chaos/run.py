"""One run: found a company, ship, kill at random, wait until all is settled, and judge."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from tandem.orphans import die_with_parent
from tests.chaos import prey
from tests.chaos.books import Books, Verdict
from tests.chaos.company import Callers, Door, found
from tests.chaos.feeder import Task
from tests.chaos.plan import Plan
from tests.chaos.suite import Embedded, Up

_LOOK_AGAIN_SECONDS = 0.25
_ONE_CALLER_IN = 100
"""Of so many orders one is shipped by callers, where a feeder ships the others."""
_CALLERS_ALONE = 4
_FEEDER = "feeder"


class Standstill(Exception):  # noqa: N818 - a state of things
    """Nothing moves any more, and not all has arrived."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has shown; `seconds` from the first shipment until all was settled."""

    verdict: Verdict
    seconds: float
    kills: Counter[str]
    absorbed: int
    by_callers: int


@dataclass
class Run:
    """`patience` is for how many seconds nothing may move."""

    suite: Embedded
    plan: Plan
    kills: int
    patience: float
    say: Callable[[str], None]
    _posted: int = 0
    _killed: Counter[str] = field(default_factory=Counter)

    def result(self) -> Result:
        """Do it all, in the main thread: what it starts dies with the thread that starts it."""
        chance = random.Random(self.plan.seed)
        door = Door(self.suite.url, self.suite.password)
        company = found(door, self.plan)
        books = Books(self.suite, self.plan, company)
        prey.wait_until(
            lambda: books.known_to_sales() == len(company.products), "sales knows no product"
        )
        feeding = isinstance(self.suite, Up)
        called = max(1, self.plan.orders // _ONE_CALLER_IN) if feeding else self.plan.orders
        task = Task(self.suite.database_url("sales"), self.plan, called, company)
        feeder = Feeder(task, self.suite.directory)
        callers = Callers(
            self.suite.url,
            self.suite.password,
            company,
            self.plan.units(range(called)),
            1 if feeding else _CALLERS_ALONE,
        )
        begun = time.monotonic()
        callers.start()
        feeder.start()
        try:
            for after, kind in self._schedule(chance):
                self._watch(books, callers, feeder, lambda after=after: self._posted >= after)
                self._kill(kind, feeder, chance)
            self._watch(books, callers, feeder, lambda: callers.done() and feeder.done())
            self._settle(books)
        except Standstill as standstill:
            self.say(f"standstill: {standstill}")
        finally:
            feeder.stop()
        seconds = time.monotonic() - begun
        self.suite.finish()
        verdict = books.verdict(door.client)
        door.close()
        return Result(verdict, seconds, self._killed, self.suite.absorbed, callers.shipped)

    def _schedule(self, chance: random.Random) -> list[tuple[float, str]]:
        """What dies after how many shipments are posted; each kind in turn, the main path first."""
        kinds = [*self.suite.kinds]
        if self.suite.outages:
            kinds.insert(2, _FEEDER)
        chosen = [kinds[number % len(kinds)] for number in range(self.kills)]
        chosen += self.suite.outages
        chance.shuffle(chosen)
        moments = sorted(chance.uniform(0, 0.95) for _ in chosen)
        return [
            (self.plan.shipments * moment, kind)
            for moment, kind in zip(moments, chosen, strict=True)
        ]

    def _kill(self, kind: str, feeder: "Feeder", chance: random.Random) -> None:
        if kind == _FEEDER and feeder.done():
            kind = "sales-work"
        if kind == _FEEDER:
            feeder.kill()
            died = Counter({_FEEDER: 1})
        else:
            died = self.suite.kill(kind, chance)
        self._killed += died
        self.say(f"{self._posted:>7,} posted, killed {kind}")

    def _watch(
        self, books: Books, callers: Callers, feeder: "Feeder", until: Callable[[], bool]
    ) -> None:
        """Return when `until` holds; raises Standstill."""
        last, since = (-1, -1), time.monotonic()
        while True:
            callers.done()
            feeder.keep()
            with suppress(psycopg2.Error):  # it is coming back
                self._posted = books.posted()
            if until():
                return
            now = (self._posted, callers.shipped)
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > self.patience:
                raise Standstill(f"{self._posted:,} shipments posted")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _settle(self, books: Books) -> None:
        """Return when nothing is under way any more; raises Standstill."""
        last: object = None
        since = time.monotonic()
        while True:
            try:
                open_figures = {k: v for k, v in books.figures().items() if v}
            except psycopg2.Error:
                open_figures = {"PostgreSQL": 1}
            if not open_figures:
                return
            if open_figures != last:
                last, since = open_figures, time.monotonic()
            elif time.monotonic() - since > self.patience:
                raise Standstill(", ".join(f"{k}: {v:,}" for k, v in open_figures.items()))
            time.sleep(_LOOK_AGAIN_SECONDS)


class Feeder:
    """The feeding process, started again when it was killed, until it says that all is written."""

    def __init__(self, task: Task, directory: Path) -> None:
        self._task = task
        self._log = directory / "feeder.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Let it write, if there is anything to write."""
        if self._task.first >= self._task.plan.orders:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.feeder", self._task.to_json()],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called by the main thread
            )

    def keep(self) -> None:
        """Start it again if it was killed; fails if it ended otherwise."""
        if self._process is not None and (code := self._process.poll()):
            assert code == -signal.SIGKILL, self._log.read_text(errors="replace")
            self.start()

    def done(self) -> bool:
        """Whether all is written."""
        return self._process is None or self._process.poll() == 0

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """For good."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


def report(plan: Plan, result: Result) -> Iterator[str]:
    """The figures, a line each."""
    died = ", ".join(f"{kind} {count}" for kind, count in sorted(result.kills.items()))
    yield f"shipments            {plan.shipments:>9,}   ({result.by_callers:,} through the API)"
    yield f"lost                 {result.verdict.lost:>9,}"
    yield f"doubled              {result.verdict.doubled:>9,}"
    yield f"duplicates absorbed  {result.absorbed:>9,}"
    yield f"seconds              {result.seconds:>9,.1f}"
    yield f"shipments per second {plan.shipments / result.seconds:>9,.1f}"
    yield f"kills                {result.kills.total():>9,}   ({died})"
    for difference in result.verdict.wrong:
        yield f"wrong: {difference}"
    yield "everything agrees" if result.verdict.good else "IT DOES NOT AGREE"
