"""What a person is told of a record: somebody mentioned them there, or they follow it."""

from collections.abc import Mapping
from dataclasses import dataclass

NOTICE_GIVEN = "crm.*.notice.given.v1"


@dataclass(frozen=True, slots=True)
class Happening:
    """One write: the fact's name, who did it and when (RFC 3339), and the fields that changed."""

    fact: str
    actor_id: str
    at: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeGiven:
    """`given`, subject the record, version 1: `user_id` saw the record when this was told.

    `reason` is `followed` or `mentioned`; `text` is the comment that mentions them.
    """

    user_id: str
    reason: str
    entity: str
    plural: str
    title: str
    number: str | None
    label: str
    happened: tuple[Happening, ...]
    text: str | None = None


NOTICE_FACTS: Mapping[str, type] = {"notice.given": NoticeGiven}
"""The shape of the fact, by subject and fact."""
