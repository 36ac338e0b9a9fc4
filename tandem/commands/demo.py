"""`tandem demo`: a believable small company to look around in."""

import typer

from tandem.client import Client
from tandem.commands.failing import FAILED, told_plainly
from tandem.demo.telling import InventorySilentError, Telling


@told_plainly
def demo() -> None:
    """Fill Tandem with a small company; repeated, it changes nothing."""
    with Client.from_env() as client:
        telling = Telling(client, typer.echo)
        try:
            telling.run()
        except InventorySilentError as error:
            typer.echo(f"tandem: {error} Run the same command again to go on.", err=True)
            raise typer.Exit(FAILED) from None
    counts = telling.counts
    if counts["created"] or counts["changed"]:
        typer.echo(f"{counts['created']} records created, {counts['changed']} steps taken.")
    else:
        typer.echo("Nothing changed: Harbour Cycles was there already.")
