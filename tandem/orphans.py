"""No process of ours survives the one that started it, even when that one was killed."""

import ctypes
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""include/uapi/linux/prctl.h: the signal this process gets when its parent dies (prctl(2))."""


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """Something to call in the child between fork and exec; does nothing where there is no prctl.

    The parent is the thread that forks, so only main threads may start such a child.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None).prctl  # looked up here: between fork and exec nothing may be loaded
    return lambda: prctl(_PR_SET_PDEATHSIG, int(sign))
