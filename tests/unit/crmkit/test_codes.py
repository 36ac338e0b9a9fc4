"""Whatever pydantic calls an error, programs read one of our documented codes."""

from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from crmkit.records.writing.codes import MEANINGS, code_of


@pytest.mark.parametrize("error_type", get_args(ErrorType))
def test_every_word_of_pydantics_has_a_documented_code(error_type):
    assert code_of(error_type) in MEANINGS


@pytest.mark.parametrize(
    ("error_type", "code"),
    [
        ("int_parsing_size", "out_of_range"),
        ("date_from_datetime_parsing", "date_parsing"),
        ("missing", "required"),
        ("uuid_parsing", "invalid"),
        ("too_many_conditions", "too_many_conditions"),
    ],
)
def test_ours_are_meant_by_them(error_type, code):
    assert code_of(error_type) == code
