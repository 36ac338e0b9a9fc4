"""Words in several languages: how they are sent, and which of them a reader gets."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

FALLBACK = "en"
_TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
_MOST_LANGUAGES = 30


def _not_too_many(labels: dict[str, str]) -> dict[str, str]:
    if len(labels) > _MOST_LANGUAGES:
        raise ValueError(f"has at most {_MOST_LANGUAGES} languages")
    return labels


Language = Annotated[str, StringConstraints(pattern=_TAG)]
"""A BCP 47 tag such as `en`, `nl` or `zh-Hant`."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Labels = Annotated[dict[Language, Words], AfterValidator(_not_too_many)]
"""The same in each language."""


def wished(language: str | None, accepted: Sequence[str]) -> tuple[str, ...]:
    """The languages a reader wants, the best first, with what is nearest to each.

    `language` was asked for in so many words, `accepted` are those of Accept-Language.
    """
    wanted = [tag for tag in (language, *accepted) if tag and tag != "*"]
    nearest: list[str] = []
    for tag in wanted:
        parts = tag.split("-")
        nearest += ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return tuple(dict.fromkeys((*nearest, FALLBACK)))


def best(labels: Mapping[str, str], languages: Sequence[str]) -> str | None:
    """The label in the first of the languages that there is one in, however its tag is written."""
    by_tag = {tag.lower(): label for tag, label in labels.items()}
    found = (by_tag.get(language.lower()) for language in languages)
    return next((label for label in found if label), None)


def spoken(name: str) -> str:
    """The label of a field that nobody has named: `billing_city` is `Billing city`."""
    words = re.sub(r"_id$", "", name.removeprefix("cf_")).replace("_", " ")
    return words[:1].upper() + words[1:]
