"""What a service hears: a name, the event types it wants, and what it does about them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from contracts.events.base import Event


@dataclass(frozen=True, slots=True)
class Subscription:
    """`handle` gets a batch of events this subscription has not seen, inside one transaction.

    It may be called again with the same events after a rollback, so its only effects are rows. It
    raises `bus.PermanentError` to park an event at once; any other exception is retried later.
    `patterns` are AMQP topic patterns; `batch` is the most events per transaction. A `by_version`
    handler keeps what is newest by the versions in the events and so does the same however often
    it hears them: it needs no inbox.
    """

    name: str
    patterns: tuple[str, ...]
    handle: Callable[[Session, Sequence[Event]], None]
    batch: int = 100
    by_version: bool = False


def matches(pattern: str, event_type: str) -> bool:
    """AMQP 0-9-1 topic semantics: `*` is exactly one word, `#` is zero or more."""
    return _compiled(pattern).fullmatch("." + event_type) is not None


MOST_WORDS = 8
"""Of an event's type; theirs have five."""


def patterns_of(event_type: str) -> set[str]:
    """Every pattern by which a queue may have got an event, with `#` only as the last word.

    None for a type of more than `MOST_WORDS` words: it is no event of ours.
    """
    words = event_type.split(".")
    if len(words) > MOST_WORDS:
        return set()
    starts = [[*words[:length], "#"] for length in range(len(words) + 1)]
    either: list[list[str]] = [[]]
    for word in words:
        either = [[*start, one] for start in either for one in (word, "*")]
    return {".".join(pattern) for pattern in (*starts, *either)}


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Every word carries its leading dot, so that `#` can be nothing at all at either end.
    words = {"*": r"\.[^.]*", "#": r"(?:\.[^.]*)*"}
    return re.compile("".join(words.get(w, r"\." + re.escape(w)) for w in pattern.split(".")))
