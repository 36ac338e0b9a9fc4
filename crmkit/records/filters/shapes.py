"""How a tree is written in JSON, for those who read the API's description."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, SkipValidation
from pydantic import Field as Constraint

from crmkit.records.filters.operators import OPERATORS
from crmkit.records.filters.parsing import DEEPEST, MOST_CONDITIONS

_OPERATORS = [*OPERATORS]


class FilterCondition(BaseModel):
    """One question to one field; one of a linked record goes by its dotted name."""

    model_config = ConfigDict(extra="forbid")

    field: str
    operator: Annotated[str, Constraint(json_schema_extra={"enum": _OPERATORS})] = "eq"
    value: Any = None


class FilterAll(BaseModel):
    """A group of which every member holds."""

    model_config = ConfigDict(extra="forbid")

    all: list["Filter"]


class FilterAny(BaseModel):
    """A group of which one member holds."""

    model_config = ConfigDict(extra="forbid")

    any: Annotated[list["Filter"], Constraint(min_length=1)]


class FilterNot(BaseModel):
    """What does not hold."""

    model_config = ConfigDict(extra="forbid")

    not_: Annotated["Filter", Constraint(alias="not")]


class NoCondition(BaseModel):
    """An empty object: every record."""

    model_config = ConfigDict(extra="forbid")


Filter = FilterCondition | FilterAll | FilterAny | FilterNot

FilterTree = SkipValidation[
    Annotated[
        Filter | NoCondition,
        Constraint(
            description=(
                f"A tree of at most {MOST_CONDITIONS} conditions and {DEEPEST} groups inside one "
                "another; the fields, their operators and the names of periods are in `/meta`."
            )
        ),
    ]
]
"""Read by `parse_tree`, which names every bad node; here it is only described."""
