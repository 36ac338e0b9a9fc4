"""The repository's own Python, as text and as trees."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = ("contracts", "crmkit", "services", "gateway", "tandem")
EVERYTHING = (*SHIPPED, "tests", "bench")


def modules(*rooms):
    """Every module of these rooms, by its path below the repository."""
    return sorted(
        file.relative_to(ROOT)
        for room in rooms
        for file in (ROOT / room).rglob("*.py")
        if "__pycache__" not in file.parts
    )


@cache
def text(module):
    return (ROOT / module).read_text()


@cache
def tree(module):
    return ast.parse(text(module))
