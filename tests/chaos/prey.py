"""The processes of the suite as the kernel shows them, and their end. Linux only: it has /proc."""

import os
import signal
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_PATIENCE_SECONDS = 120.0
_LOOK_AGAIN_SECONDS = 0.05


def kill(pid: int) -> None:
    """`kill -9`; nothing if it is dead already."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def descendants(root: int) -> Iterator[tuple[int, list[str]]]:
    """Each process below `root` with its command line."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                after_name = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                children[int(after_name[1])].append(int(entry.name))
    found = [root]
    for pid in found:
        found += sorted(children[pid])
        with suppress(OSError):
            yield pid, Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def wait_until(seen: Callable[[], T], what: str) -> T:
    """What was seen as soon as there is something; raises TimeoutError after two minutes."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (found := seen()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} for {_PATIENCE_SECONDS:.0f} s")
        time.sleep(_LOOK_AGAIN_SECONDS)
    return found


def listens(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as attempt:
        attempt.settimeout(1.0)
        return attempt.connect_ex((host, port)) == 0
