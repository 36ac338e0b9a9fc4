"""Why Tandem will not start, in one line that tells the operator what to change."""


class CannotStart(Exception):  # noqa: N818 - a refusal with a reason, not a fault of the program
    """Shown as one line on standard error; the process then ends with exit code 2."""
