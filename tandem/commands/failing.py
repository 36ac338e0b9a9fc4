"""How a command ends when it cannot go on: the reason on standard error, never a stack trace."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

from tandem.client import ApiError, Unreachable
from tandem.credentials import NotSignedIn
from tandem.refusals import CannotStart

P = ParamSpec("P")
R = TypeVar("R")

FAILED = 1
CANNOT_START = 2


def told_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Run the command; exit 1 when the API refuses or is away, 2 when it could not begin."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ApiError, Unreachable) as error:
            typer.echo(f"tandem: {error}", err=True)
            raise typer.Exit(FAILED) from None
        except (NotSignedIn, CannotStart) as error:
            typer.echo(f"tandem: {error}", err=True)
            raise typer.Exit(CANNOT_START) from None

    return run
