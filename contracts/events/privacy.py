"""How a person is exported or erased over all services: who asks for it, and what each answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ASKED = "crm.identity.privacy_request.*.v1"
"""The request with its `kind`, `state`, `round`, and who the person is."""

ANSWERED = "crm.*.privacy.answered.v1"

FINDING, GATHERING, ERASING = "finding", "gathering", "erasing"
"""States of a request in which every service owes an answer to its `round`."""


@dataclass(frozen=True, slots=True)
class PrivacyAnswered:
    """`answered`, subject the request, version its round: what this service found or did.

    `people` are the person's own records that it knows, as entity and id. `items` say, for each
    entity, how many records were (while `finding`: would be) exported, anonymised, erased or kept,
    and why.
    """

    round: int
    state: str
    people: list[dict[str, str]]
    items: list[dict[str, Any]]


PRIVACY_FACTS: Mapping[str, type] = {"privacy.answered": PrivacyAnswered}
"""The shape of the fact, by subject and fact."""
