"""`tandem import northwind DIR`: a whole company from CSV files; repeated, it changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tandem.client import Client
from tandem.commands.failing import FAILED, told_plainly
from tandem.northwind import company
from tandem.northwind.pouring import THREADS, Pouring, Summary

OUTCOMES = ("created", "changed", "unchanged", "failed")

app = typer.Typer(no_args_is_help=True, help="Bring in a company from files.")


@app.callback()
def bring_in() -> None:
    """Bring in a company from files."""


@app.command()
@told_plainly
def northwind(
    directory: Annotated[Path, typer.Argument(help="Where the CSV files are.")],
) -> None:
    """Import the Northwind Traders CSV files; may be stopped and repeated at any time."""
    with Client.from_env(connections=THREADS) as client:
        summary = pour(client, directory, Console())
    if summary.faults:
        raise typer.Exit(FAILED)


def pour(client: Client, directory: Path, console: Console) -> Summary:
    """Import the directory, showing progress, then what was done and every bad row."""
    read = company.read(directory)
    with Progress(
        TextColumn("{task.description:<14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as bars:
        summary = Pouring(client, read, Bars(bars)).run()
    report(summary, console)
    return summary


class Bars:
    """One progress bar for each step."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """A new bar; what is returned moves it."""
        task = self._bars.add_task(title, total=total)
        return lambda count: self._bars.advance(task, count)


def report(summary: Summary, console: Console) -> None:
    """A row for each step, then the bad rows, then one sentence."""
    table = Table("", *OUTCOMES)
    for title, counts in summary.counts.items():
        table.add_row(title, *(str(counts[outcome]) for outcome in OUTCOMES))
    console.print(table)
    for fault in sorted(summary.faults, key=lambda f: (f.file, f.row)):
        console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
    if summary.faults:
        rows = {(fault.file, fault.row) for fault in summary.faults}
        console.print(f"{len(rows)} bad rows; all others are in.")
    elif summary.written:
        console.print(f"{summary.written} records written.")
    else:
        console.print("Nothing changed: everything was there already.")
