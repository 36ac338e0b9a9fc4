"""A view that an entity ships with: a list as its users find it before anybody saves one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SavedView:
    """`key` names it in addresses; `filter` is a tree of conditions as JSON has it.

    `columns` and `sort` are names of fields, `-` before one for descending. A `metric` is counted
    on everybody's home page.
    """

    key: str
    name: str
    columns: tuple[str, ...]
    filter: Mapping[str, Any] = field(default_factory=dict)
    sort: tuple[str, ...] = ()
    metric: bool = False
