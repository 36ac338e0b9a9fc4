"""`tandem`: start it, keep it, look into it; and the commands that touch data, as API clients."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from contracts.services import SERVICE_PORTS
from tandem import commands
from tandem.commands.failing import told_plainly
from tandem.refusals import CannotStart, settings_from_env

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A CRM suite of six services. Every setting is a TANDEM_* variable.",
)
commands.add_to(app)
developers = "For developers"


@app.command()
def run() -> None:
    """Run the whole suite in this process, with a PostgreSQL of its own in var/."""
    _become("tandem.runtime", "run")


@app.command()
@told_plainly
def up(
    copies: Annotated[
        list[str] | None,
        typer.Option(help="How many of a process, such as sales-work=3; repeatable."),
    ] = None,
) -> None:
    """Run the suite as separate processes on a RabbitMQ and a PostgreSQL."""
    from tandem import processes  # noqa: PLC0415 - imports what no other command needs

    processes.run(settings_from_env(), dict(_copies(each) for each in copies or ()))


@app.command()
@told_plainly
def serve(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICE_PORTS)}.")],
    doors: Annotated[
        str, typer.Option(help="What this process does, separated by commas.")
    ] = "http,events,relay,timers",
) -> None:
    """Run one service, or some of its doors, in this process."""
    from tandem.roster import DOORS  # noqa: PLC0415 - as above

    if service not in SERVICE_PORTS:
        raise CannotStart(f"there is no service {service}: choose of {', '.join(SERVICE_PORTS)}")
    wanted = doors.split(",")
    if unknown := [door for door in wanted if door not in DOORS]:
        raise CannotStart(f"there is no door {unknown[0]!r}: choose of {', '.join(DOORS)}")
    _become("tandem.runtime", "serve", service, ",".join(wanted))


@app.command()
@told_plainly
def gateway() -> None:
    """Run the gateway in this process and its workers; copies of it share the port."""
    settings_from_env()
    gunicorn = ["gunicorn", "--reuse-port", "--config", "python:gateway.server", "gateway.wsgi:app"]
    _become(*gunicorn)


@app.command()
@told_plainly
def migrate() -> None:
    """Create what is missing of roles and databases, and bring them to this version."""
    from tandem.roster import prepare  # noqa: PLC0415 - as above

    changed = prepare(settings_from_env())
    typer.echo(f"Migrated: {', '.join(changed)}." if changed else "Nothing to migrate.")


@app.command()
@told_plainly
def doctor() -> None:
    """Check everything Tandem needs; exit 1 if something is not in order."""
    from tandem.doctor import examine, report  # noqa: PLC0415 - as above

    findings = examine(settings_from_env())
    report(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command(rich_help_panel=developers)
def schemas(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a file is stale.")
    ] = False,
) -> None:
    """Rewrite contracts/schemas and docs/permissions.md from the declarations."""
    from tandem.development import write_schemas  # noqa: PLC0415 - as above

    stale = write_schemas(check=check)
    for path in stale:
        typer.echo(f"{'stale' if check else 'wrote'} {path}")
    if check and stale:
        raise typer.Exit(1)


@app.command(rich_help_panel=developers)
@told_plainly
def revision(message: Annotated[str, typer.Argument(help="What changes, in a few words.")]) -> None:
    """Write a migration for each service whose declarations differ from its last one."""
    from tandem.development import write_revisions  # noqa: PLC0415 - as above

    written = write_revisions(message)
    for path in written:
        typer.echo(f"wrote {path}")
    if not written:
        typer.echo("No service's tables changed.")


def main() -> None:
    """Run the command line."""
    app()


def _copies(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdigit():
        raise CannotStart(f"--copies takes a process and a number (sales-work=3), not {text!r}")
    return name, int(number)


def _become(module: str, *arguments: str) -> NoReturn:
    """Go on as another program: one that eventlet patches first, or that must never be patched."""
    os.execv(  # noqa: S606 - our own interpreter, arguments checked
        sys.executable, [sys.executable, "-P", "-m", module, *arguments]
    )


if __name__ == "__main__":
    main()
