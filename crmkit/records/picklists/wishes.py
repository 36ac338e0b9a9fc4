"""What the picklist editor is sent."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from crmkit.records.writing.value_types import UUID_PATTERN

_Role = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]
_Roles = Annotated[list[_Role], Constraint(max_length=1000)]
_Colour = Annotated[str, StringConstraints(pattern="^#[0-9a-fA-F]{6}$", to_lower=True)]


def _addressable(value: str) -> str:
    """A value is the last part of an address, which may hold a slash but no empty step."""
    if any(step in {"", ".", ".."} for step in value.split("/")):
        raise ValueError("must not begin or end with a slash, nor be made of dots")
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("must not contain control characters")
    return value


_Value = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_addressable),
]


class NewValue(BaseModel):
    """A value to add. `before` is the one it is to stand before, else it comes last.

    `roles` are those whose people may choose it, all if empty; `traits` what rules know of it.
    """

    model_config = ConfigDict(extra="forbid")
    value: _Value
    colour: _Colour | None = None
    roles: _Roles = []
    traits: dict[str, Any] | None = None
    before: str | None = None


class ValueChange(BaseModel):
    """What is to change of a value: what is not sent stays."""

    model_config = ConfigDict(extra="forbid")
    value: _Value | None = None
    colour: _Colour | None = None
    roles: _Roles = []
    traits: dict[str, Any] | None = None


class Removal(BaseModel):
    """`replacement` is what records that have the value get instead."""

    model_config = ConfigDict(extra="forbid")
    replacement: str | None = None


class Arrangement(BaseModel):
    """All values in their new order."""

    model_config = ConfigDict(extra="forbid")
    values: Annotated[list[str], Constraint(max_length=10_000)]
