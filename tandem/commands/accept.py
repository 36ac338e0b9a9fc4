"""`tandem accept DIR`: pour Northwind into a fresh suite, twice, and check every figure."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tandem.acceptance import checks, stage
from tandem.acceptance.books import Books
from tandem.acceptance.checks import Check
from tandem.client import Client
from tandem.commands.failing import FAILED, told_plainly
from tandem.commands.import_northwind import pour
from tandem.northwind.pouring import THREADS
from tandem.refusals import settings_from_env


class Mode(StrEnum):
    """How the suite runs: one process, or separate ones on RabbitMQ and PostgreSQL."""

    EMBEDDED = "embedded"
    UP = "up"
    BOTH = "both"


@told_plainly
def accept(
    directory: Annotated[Path, typer.Argument(help="Where the Northwind CSV files are.")],
    mode: Annotated[Mode, typer.Option(help="How the suite shall run.")] = Mode.BOTH,
) -> None:
    """Import Northwind into a fresh suite, twice, and compare every figure with the books."""
    console = Console()
    books = Books.of(directory)
    if mode in {Mode.EMBEDDED, Mode.BOTH}:
        console.rule("embedded")
        with stage.embedded() as suite:
            _acceptance(suite, directory, books, console)
    if mode in {Mode.UP, Mode.BOTH}:
        console.rule("up")
        with stage.up(settings_from_env()) as suite:
            _acceptance(suite, directory, books, console)


def _acceptance(suite: stage.Stage, directory: Path, books: Books, console: Console) -> None:
    """Raises Exit inside the stage, which then keeps the suite's log."""
    with Client.sign_in(suite.url, "admin", suite.password, connections=THREADS) as client:
        first = pour(client, directory, console)
        second = pour(client, directory, console)
        found = [
            Check("rows that failed", "0", str(len(first.faults) + len(second.faults))),
            Check("records the second run wrote", "0", str(second.written)),
            *checks.settled(client, books, suite.var / "outbox"),
        ]
    table = Table("figure", "expected", "seen", "")
    for check in found:
        table.add_row(check.what, check.expected, check.seen, "" if check.passed else "WRONG")
    console.print(table)
    wrong = sum(not check.passed for check in found)
    if wrong:
        console.print(f"{wrong} of {len(found)} figures are wrong.")
        raise typer.Exit(FAILED)
    console.print("Every figure is right.")
