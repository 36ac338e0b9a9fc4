"""The commands of `tandem` that touch data: all of them plain clients of the public API."""

import typer

from tandem.commands import accept, audit, demo, import_northwind, keys, login, parked


def add_to(app: typer.Typer) -> None:
    """Register every command of this package on the command line's application."""
    app.command("login")(login.login)
    app.command("demo")(demo.demo)
    app.command("accept")(accept.accept)
    app.add_typer(import_northwind.app, name="import")
    app.add_typer(parked.app, name="parked")
    app.add_typer(keys.app, name="keys")
    app.add_typer(audit.app, name="audit")
