"""The codes by which programs know what is wrong with a field: few, and they do not change.

Whoever checks a value by a rule of an entity's own adds codes of that rule.
"""

from collections.abc import Mapping
from typing import get_args

from pydantic_core.core_schema import ErrorType

MEANINGS: Mapping[str, str] = {
    "required": "must be there",
    "unknown_field": "is no field here",
    "read_only": "is written by the suite alone",
    "unknown_value": "is none of the values there are",
    "dangling_link": "points at nothing one can see",
    "ambiguous_link": "names several records",
    "not_unique": "is another record's already",
    "too_long": "is too long, or has too many items",
    "too_short": "is too short, or has too few items",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "decimal_type": "must be a number, as text or plain",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "decimal_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "decimal_max_digits": "has too many digits",
    "decimal_max_places": "has too many decimals",
    "greater_than": "must be more",
    "greater_than_equal": "must be at least as much",
    "less_than": "must be less",
    "less_than_equal": "must be at most as much",
    "out_of_range": "is smaller or larger than any number kept here",
    "date_parsing": "must be a day there is, 2025-12-31",
    "datetime_parsing": "must be an instant there is, 2025-12-31T23:59:59Z",
    "time_parsing": "must be a time of day there is, 23:59",
    "timezone_aware": "must say its time zone",
    "invalid": "is not written as such a value is",
    "too_many_errors": "has more wrong fields than can be named",
}
"""Every code that reading a value may give, and its sentence for documentation."""

_OURS: Mapping[str, str] = {
    "missing": "required",
    "string_too_short": "required",
    "string_too_long": "too_long",
    "literal_error": "unknown_value",
    "enum": "unknown_value",
    "union_tag_invalid": "unknown_value",
    "union_tag_not_found": "required",
    "extra_forbidden": "unknown_field",
    "string_unicode": "invalid",
    "int_from_float": "int_parsing",
    "int_parsing_size": "out_of_range",
    "decimal_whole_digits": "decimal_max_digits",
    "model_attributes_type": "model_type",
    "mapping_type": "dict_type",
    "float_type": "decimal_type",
    "float_parsing": "decimal_parsing",
    "bool_parsing": "bool_type",
    "date_type": "date_parsing",
    "date_from_datetime_parsing": "date_parsing",
    "date_from_datetime_inexact": "date_parsing",
    "datetime_type": "datetime_parsing",
    "datetime_from_date_parsing": "datetime_parsing",
    "datetime_object_invalid": "datetime_parsing",
    "time_type": "time_parsing",
    "bytes_too_long": "too_long",
    "bytes_too_short": "too_short",
    "url_too_long": "too_long",
}
"""Those of pydantic that mean one of ours by another name."""


_PYDANTICS = frozenset(get_args(ErrorType))


def code_of(error_type: str) -> str:
    """Our code for an error of pydantic's; what is no word of pydantic's is ours already."""
    code = _OURS.get(error_type, error_type)
    return code if code in MEANINGS or error_type not in _PYDANTICS else "invalid"
