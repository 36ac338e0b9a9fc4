"""`tandem parked`: the events a service gave up on, to look at, try again or let go."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contracts.services import SERVICE_PORTS
from tandem.client import Client
from tandem.commands.failing import told_plainly

app = typer.Typer(no_args_is_help=True, help="Events a service gave up on.")

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICE_PORTS)}.")]
Ids = Annotated[list[str], typer.Argument(help="Ids of parked events, as `list` shows them.")]


@app.command("list")
@told_plainly
def list_parked(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
) -> None:
    """Show each parked event: where, what, since when and why."""
    table = Table("service", "id", "event", "subscription", "parked", "attempts", "error")
    with Client.from_env() as client:
        for name in [service] if service else SERVICE_PORTS:
            for row in client.each("parked-events", service=name):
                table.add_row(
                    name,
                    str(row["id"]),
                    str(row["type"]),
                    str(row["subscription"]),
                    str(row["parked_at"]),
                    str(row["attempts"]),
                    str(row["error"]),
                )
    if table.row_count:
        Console().print(table)
    else:
        typer.echo("No event is parked.")


@app.command()
@told_plainly
def retry(service: Service, ids: Ids) -> None:
    """Hand the events to their subscription once more."""
    _decide(service, ids, "retry", "will be tried again")


@app.command()
@told_plainly
def discard(service: Service, ids: Ids) -> None:
    """Let the events go; the decision stays on record."""
    _decide(service, ids, "discard", "is discarded")


def _decide(service: str, ids: list[str], verb: str, done: str) -> None:
    with Client.from_env() as client:
        for parked_id in ids:
            client.post(f"/parked-events/{parked_id}/{verb}?service={service}")
            typer.echo(f"{parked_id} {done}.")
