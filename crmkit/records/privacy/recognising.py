"""Whether a text names a person: by an address or an id as a whole, never by a part of another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, func, or_

# An address ends where none of these goes on: `ada@b.com` is neither in `xada@b.com` nor in
# `ada@b.com.au`. What JSON and `encode(…, 'escape')` write for a line break or for a letter that is
# not ASCII ends one too.
_BEGINS = r"(?:(?<![\w.+%-])(?<!\w')|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4})|(?<=\\[0-7]{3}))"
_ENDS = r"(?![\w-]|\.\w)"
PLACEHOLDER = "Erased"
"""Stands where something was that must not be empty."""
NOBODY = ".^"
"""The pattern that nothing fits."""


def whole(word: str | None) -> str:
    """The pattern, for PostgreSQL and Python alike, of this word in texts in lower case."""
    return f"{_BEGINS}{re.escape(word.lower())}{_ENDS}" if word else NOBODY


@dataclass(frozen=True, slots=True)
class Words:
    """What gives a person away in texts: the address, the digits of a telephone number, and the
    ids of the person's records.
    """

    email: str = ""
    digits: str = ""
    ids: Sequence[str] = ()

    @property
    def spelled(self) -> list[str]:
        """Those that stand in texts as they are."""
        return [*([self.email.lower()] if self.email else ()), *self.ids]

    def told_by(self, value: Any) -> bool:
        """Whether a value, as JSON has it, holds the address or is the number."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else str(value).lower()
        is_number = bool(self.digits) and re.sub(r"\D", "", text) == self.digits
        return is_number or re.search(whole(self.email), text) is not None

    def taken_out_of(self, value: Any) -> Any:
        """The JSON value with `Erased` in the place of each text that tells of the person."""
        if isinstance(value, dict):
            return {name: self.taken_out_of(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.taken_out_of(one) for one in value]
        return PLACEHOLDER if isinstance(value, str) and self.told_by(value) else value


def has(column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    """The clause for one of these words in texts, or in bytes that are text."""
    binary = isinstance(column.type, LargeBinary)
    within = func.lower(func.encode(column, "escape") if binary else column)
    return or_(
        *((func.strpos(within, word) > 0) & within.regexp_match(whole(word)) for word in words)
    )
