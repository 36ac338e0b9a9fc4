"""`tandem login`: sign in once; the other commands then act as that user."""

from typing import Annotated

import typer

from tandem import credentials
from tandem.client import Client
from tandem.commands.failing import told_plainly


@told_plainly
def login(
    url: Annotated[
        str, typer.Option(envvar="TANDEM_URL", help="Where Tandem answers.")
    ] = credentials.DEFAULT_URL,
    username: Annotated[str, typer.Option(prompt=True)] = "admin",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="TANDEM_PASSWORD")
    ] = "",
) -> None:
    """Sign in, and keep the sign-in in a file that only you can read."""
    path = credentials.default_path()
    with Client.sign_in(
        url, username, password, second_factor=_code, kept_in=path, patience=10
    ) as client:
        me = client.get("/me")
    typer.echo(f"Signed in at {client.url} as {me['username']}.")


def _code() -> str:
    return str(typer.prompt("Code of your authenticator (or a recovery code)"))
