"""`tandem audit`: whether the audit is as it was written, and its heads to keep elsewhere."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.services import SERVICE_PORTS
from tandem.client import Client
from tandem.commands.failing import FAILED, told_plainly
from tandem.refusals import CannotStart

app = typer.Typer(no_args_is_help=True, help="Who did what, and whether that record is whole.")

_DAYS = 400


@app.command()
@told_plainly
def verify(
    heads_file: Annotated[
        Path | None,
        typer.Option("--heads", help="What `tandem audit heads` printed earlier, to compare with."),
    ] = None,
) -> None:
    """Walk every service's audit and name the first bad row; exit 1 if there is one."""
    kept = [] if heads_file is None else _kept(heads_file)
    bad = False
    with Client.from_env() as client:
        for service in SERVICE_PORTS:
            count, wrong = _walk(client, service)
            wrong = wrong or _against(client, service, kept)
            if wrong is None:
                typer.echo(f"{service}: {count} rows are in order.")
                continue
            bad = True
            place = f"{wrong['day']}, row {wrong['seq']}"
            typer.echo(f"tandem: {service}: {place} is {wrong['wrong']}.", err=True)
    if bad:
        raise typer.Exit(FAILED)


@app.command()
@told_plainly
def heads() -> None:
    """Print the last row of each service's days, one JSON object a line: keep them elsewhere."""
    with Client.from_env() as client:
        for service in SERVICE_PORTS:
            after: dict[str, str] = {}
            while True:
                page = client.get("/audit/heads", service=service, limit=_DAYS, **after)["items"]
                for head in page:
                    typer.echo(json.dumps(head))
                if len(page) < _DAYS:
                    break
                after = {"after": page[-1]["day"]}


def _walk(client: Client, service: str) -> tuple[int, dict[str, Any] | None]:
    """How many rows are in order, and the first that is not."""
    count = 0
    place: dict[str, str] = {}
    while True:
        [verdict] = client.get("/audit/verify", service=service, **place)["items"]
        count += verdict["checked"]
        if verdict["bad"] is not None or verdict["next_cursor"] is None:
            return count, verdict["bad"]
        place = {"cursor": verdict["next_cursor"]}


def _against(client: Client, service: str, kept: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first row kept earlier that is no longer what it was."""
    for head in kept:
        if head["service"] != service:
            continue
        place = {"day": head["day"], "seq": head["seq"]}
        found = client.get("/audit", service=service, **place)["items"]
        if not found:
            return {**place, "wrong": "missing"}
        if found[0]["hash"] != head["hash"]:
            return {**place, "wrong": "rewritten, or one before it"}
    return None


def _kept(path: Path) -> list[dict[str, Any]]:
    try:
        found = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        return sorted(found, key=lambda head: (head["day"], head["seq"]))
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError):
        raise CannotStart(f"{path} is not what `tandem audit heads` prints") from None
