"""Waiting for what happens soon, without guessing how long it takes."""

import time

_LOOK_AGAIN_AFTER = 0.05


def eventually(look, expected=True, *, within=60.0):
    """Return as soon as `look()` answers `expected`; fails with the last answer."""
    deadline = time.monotonic() + within
    while (seen := look()) != expected:
        if time.monotonic() > deadline:
            raise AssertionError(f"{seen!r} has not become {expected!r}")
        time.sleep(_LOOK_AGAIN_AFTER)
