"""A value that only one test knows, and a record that has it."""

import pytest

from tests.kit.picklists.lists import SIZES


@pytest.fixture
def old(boss, tag):
    """A size that only this test knows."""
    boss("POST", f"{SIZES}/values", {"value": f"old {tag}"}, status=201)
    return f"old {tag}"


@pytest.fixture
def medal(boss, tag, old):
    return boss.create("medals", name=tag, make="Ours", size=old)
