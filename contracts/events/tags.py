"""What is told of tags that change everywhere: renamed, merged or deleted over all services."""

from collections.abc import Mapping
from dataclasses import dataclass

TAG_REPLACED = "crm.*.tag.replaced.v1"


@dataclass(frozen=True, slots=True)
class TagReplaced:
    """`replaced`, subject the change, version 1: `into` takes the place of `tag` from `at` on.

    `tag` and `into` are in the form in which tags are compared, `name` is `into` as it is shown;
    both are null where the tag is deleted. `owner_id` is that of a private tag, null of a shared
    one; `at` an instant in RFC 3339: who tags with the old word later means a new tag.
    """

    owner_id: str | None
    tag: str
    into: str | None
    name: str | None
    at: str
    changed_by: str


TAG_FACTS: Mapping[str, type] = {"tag.replaced": TagReplaced}
"""The shape of the fact, by subject and fact."""
