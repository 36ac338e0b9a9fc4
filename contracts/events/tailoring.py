"""What every service tells of how its administrators shape its entities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAILORING = "crm.*.tailoring.changed.v1"


@dataclass(frozen=True, slots=True)
class TailoringChanged:
    """`changed`: `what` of the entity is different now, as `changes` say by old and new value.

    The subject is the entity's own, the version counts every change in the service. `shape` is all
    that has been changed of the entity: `custom` fields, settings `of_fields` and `of_entity`.
    """

    entity: str
    what: str
    changes: dict[str, Any]
    shape: dict[str, Any]
    deleted: bool = False


TAILORING_FACTS: Mapping[str, type] = {"tailoring.changed": TailoringChanged}
"""The shape of the fact, by subject and fact."""
