"""`tandem parked`: the events a service gave up on, to look at, try again or let go."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contracts.services import SERVICE_PORTS
from tandem.client import Client
from tandem.commands.failing import FAILED, told_plainly

app = typer.Typer(no_args_is_help=True, help="Events a service gave up on.")

_PAGE = 200
_COLUMNS = ("id", "type", "subscription", "parked_at", "attempts", "error")

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICE_PORTS)}.")]
Ids = Annotated[list[str], typer.Argument(help="Ids of parked events, as `list` shows them.")]


@app.command("list")
@told_plainly
def list_parked(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
) -> None:
    """Show each parked event: where, what, since when and why."""
    table = Table("service", "id", "event", "subscription", "parked", "attempts", "error")
    chosen = {} if service is None else {"service": service}
    with Client.from_env() as client:
        page = client.get("/parked-events", limit=_PAGE, **chosen)
        silent = set(page.get("unavailable", ()))
        while True:
            for row in page["items"]:
                cells = (row.get("service", service), *(row[name] for name in _COLUMNS))
                table.add_row(*(str(cell) for cell in cells))
            if page["next_cursor"] is None:
                break
            page = client.get("/parked-events", limit=_PAGE, cursor=page["next_cursor"], **chosen)
            silent |= set(page.get("unavailable", ()))
    if table.row_count:
        Console().print(table)
    else:
        typer.echo("No event is parked.")
    if silent:
        typer.echo(f"tandem: no answer from {', '.join(sorted(silent))}", err=True)
        raise typer.Exit(FAILED)


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
            client.post(f"/parked-events/{service}/{parked_id}/{verb}")
            typer.echo(f"{parked_id} {done}.")
