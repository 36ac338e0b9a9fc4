"""Saved views as they are sent and answered."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from crmkit.records.filters.shapes import FilterTree
from crmkit.records.writing.value_types import UUID_PATTERN

MOST_COLUMNS = 15
_MOST_SHARES = 50

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Visibility = Literal["private", "shared", "public"]


class Share(BaseModel):
    """With whom: a user, those of a role, or those of a role and of all roles below it."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["user", "role", "role_and_below"]
    id: Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]


Columns = Annotated[list[str], Constraint(min_length=1, max_length=MOST_COLUMNS)]
Shares = Annotated[list[Share], Constraint(max_length=_MOST_SHARES)]


class NewView(BaseModel):
    """A view to be saved; `shared_with` is for those that are `shared`."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    columns: Columns
    filter: FilterTree = {}  # type: ignore[assignment]
    sort: list[str] = []
    metric: bool = False
    visibility: Visibility = "private"
    shared_with: Shares = []


def _unsaid() -> Any:
    return Constraint(default=None)


class ViewChanges(BaseModel):
    """What is to change of a view; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    name: Name = _unsaid()
    columns: Columns = _unsaid()
    filter: FilterTree = _unsaid()
    sort: list[str] = _unsaid()
    metric: bool = _unsaid()
    visibility: Visibility = _unsaid()
    shared_with: Shares = _unsaid()


class Outdated(BaseModel):
    """A part of a view that the entity no longer has."""

    pointer: str
    code: str
    detail: str


class ViewDocument(BaseModel):
    """A view; `id` of a shipped one is its key. One with `problems` cannot list anything."""

    id: str
    name: str
    columns: list[str]
    filter: dict[str, Any]
    sort: list[str]
    metric: bool
    visibility: Visibility
    shared_with: list[Share]
    owner_id: str | None
    shipped: bool
    editable: bool
    version: int
    problems: list[Outdated]


class Views(BaseModel):
    """The views a caller may use, shipped ones first; `default` is the one a list starts with."""

    items: list[ViewDocument]
    default: str


class Default(BaseModel):
    """The view with which the caller's list starts; null for the first of the shipped ones."""

    model_config = ConfigDict(extra="forbid")
    view: str | None


class ViewCount(BaseModel):
    """How many records a view holds for the caller."""

    count: int


class Metric(BaseModel):
    """A key metric; its count is null when the view names what is no longer there."""

    entity: str
    plural: str
    view: str
    name: str
    count: int | None


class Metrics(BaseModel):
    """The key metrics of one service."""

    items: list[Metric]
