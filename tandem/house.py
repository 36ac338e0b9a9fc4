"""The directory `var/`, in which a suite keeps all that must not be lost; one suite at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tandem.refusals import CannotStart


class AlreadyRunning(CannotStart):
    """The directory is another running suite's."""


@contextmanager
def claimed(var: Path) -> Iterator[None]:
    """Have `var` alone inside the block; the claim ends with the process, however it ends.

    Raises CannotStart when the directory cannot be made or written, AlreadyRunning when a suite
    has it.
    """
    try:
        var.mkdir(parents=True, exist_ok=True)
        file = os.open(var / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"{var.absolute()} cannot be written ({error.strerror}): make it writable or set "
            "TANDEM_VAR to another directory"
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise AlreadyRunning(
            f"another Tandem is running in {var.absolute()}: stop it or set TANDEM_VAR to "
            "another directory"
        ) from None
    try:
        yield
    finally:
        os.close(file)
