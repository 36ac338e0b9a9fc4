"""What a record has, beside what it should have."""

from collections.abc import Mapping
from typing import Any


def holds(record: Mapping[str, Any], part: Mapping[str, Any]) -> None:
    """Raise AssertionError for the first value of `part` that `record` has not got."""
    for name, value in part.items():
        assert record[name] == value, f"{name} is {record[name]!r} instead of {value!r}"
