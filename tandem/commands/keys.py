"""`tandem keys`: the keys that sign access tokens, to look at and to replace."""

from collections.abc import Mapping
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from tandem.client import Client
from tandem.commands.failing import told_plainly

app = typer.Typer(no_args_is_help=True, help="The keys that sign access tokens.")


@app.command("list")
@told_plainly
def list_keys() -> None:
    """Show the keys that count: the one that signs, and one that will or did."""
    with Client.from_env() as client:
        _show(client.get("/signing-keys"))


@app.command()
@told_plainly
def rotate() -> None:
    """Publish the next key, which signs in ten minutes; no request fails meanwhile."""
    with Client.from_env() as client:
        _show(client.post("/signing-keys/rotate"))


def _show(keys: Mapping[str, Any]) -> None:
    table = Table("key", "made", "signs from", "signs now")
    for key in keys["items"]:
        now = "yes" if key["signing"] else ""
        table.add_row(key["kid"], key["created_at"], key["signs_from"], now)
    Console().print(table)
