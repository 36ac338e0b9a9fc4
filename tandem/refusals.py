"""Why Tandem will not start, in one line that tells the operator what to change."""

from crmkit.config import Settings


class CannotStart(Exception):  # noqa: N818 - a refusal with a reason, not a fault of the program
    """Shown as one line on standard error; the process then ends with exit code 2."""


def settings_from_env() -> Settings:
    """The TANDEM_* variables of this process; raises CannotStart naming the one that is wrong."""
    try:
        return Settings.from_env()
    except ValueError as error:
        raise CannotStart(str(error)) from None
