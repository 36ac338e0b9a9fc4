"""Runs a reader or a writer of files as a process: it may take its time, and may die of it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 240
"""Less than a job's transaction may be idle."""


class Unreadable(Exception):  # noqa: N818 - said of the file, as one line for whoever sent it
    """The file is not what it says it is, or more than can be read."""


@contextmanager
def desk() -> Iterator[Path]:
    """A folder on which files are handed to the process and back."""
    with tempfile.TemporaryDirectory(prefix="tandem-") as folder:
        yield Path(folder)


def run(module: str, folder: Path, *, seconds: float = SECONDS) -> None:
    """Run `crmkit.sheets.<module>` on what lies in the folder.

    Raises Unreadable with what it says, or when it takes too long or too much memory.
    """
    command = [sys.executable, "-m", f"crmkit.sheets.{module}", str(folder)]
    said = folder / "said"
    with said.open("wb") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors)  # noqa: S603
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Unreadable("it takes too long to read") from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if status == 0:
        return
    lines = said.read_text(errors="replace").strip().splitlines()
    prefix = f"{REFUSED} "
    if lines and lines[-1].startswith(prefix):
        raise Unreadable(lines[-1].removeprefix(prefix))
    if status < 0 or (lines and lines[-1].startswith("MemoryError")):
        raise Unreadable("it holds more than can be read")
    raise RuntimeError("\n".join(lines[-5:]))


REFUSED = "refused:"
"""What a reader writes before the one line that says why."""
