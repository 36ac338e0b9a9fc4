"""The page on filters tells what the code does: every operator, every name of a period."""

import re
from pathlib import Path

from crmkit.records.filters import OPERATORS, PERIODS

PAGE = (Path(__file__).parents[2] / "docs/how-to/filter-records.md").read_text()


def test_the_page_lists_every_operator_as_the_code_has_it():
    told = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert told == [(o.name, str(o.takes), o.meaning) for o in OPERATORS.values()]


def test_the_page_lists_every_name_of_a_period():
    section = PAGE.partition("| Name | Covers |")[2].partition("\n\n")[0]
    assert re.findall(r"`([\w{}]+)`", section) == [*PERIODS]
