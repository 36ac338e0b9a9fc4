"""How long to leave a broken thing alone: longer each time, never all at the same moment."""

import random


class Backoff:
    """Seconds to wait after each failure in a row: doubling from `first` to `most`, ±25 %."""

    def __init__(self, first: float = 0.1, most: float = 5.0) -> None:
        self._first = self._next = first
        self._most = most

    def failed(self) -> float:
        """One more failure; how long to wait."""
        wait, self._next = self._next, min(self._next * 2, self._most)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311  spread, not secrecy

    def succeeded(self) -> None:
        """Start over."""
        self._next = self._first
