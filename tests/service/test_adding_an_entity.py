"""docs/how-to/add-an-entity.md, followed word by word in a copy of the house.

The module and where it goes, the line and where it goes, and the commands are the page's own.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmkit.testing.battery import PROOFS
from tests import cluster

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "add-an-entity.md").read_text()
ROOMS = ("contracts", "crmkit", "services", "gateway", "tandem", "tests")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of everything that is run, in which steps 1 and 2 have been taken."""
    copy = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    [module] = re.findall(r"\*\*Declare it\*\* in `([^`]+)`", PAGE)
    [declaration, *_] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (copy / module).write_text(re.sub(r"^   ", "", declaration, flags=re.MULTILINE))
    [(name, service)] = re.findall(r"\*\*Show it\*\*: add `(\w+)` to `entities` in `([^`]+)`", PAGE)
    [line] = re.findall(r"`(from [^`]+ import \w+)`", PAGE)
    source = (copy / service).read_text()
    source = source.replace("    entities = (\n", f"    entities = (\n        {name},\n")
    (copy / service).write_text(source.replace("\nfrom ", f"\n{line}\nfrom ", 1))
    return copy


def run(house, *arguments):
    """Python in the copy, on this run's PostgreSQL where it needs one."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=house,
        env=os.environ | {"PYTHONPATH": str(house), "TANDEM_TEST_PG_URL": cluster.admin_url()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_following_the_page_makes_an_entity_that_passes_the_battery(house):
    before = set(house.rglob("versions/*.py"))
    [message] = re.findall(r'tandem revision "(\w+)"', PAGE)
    run(house, "-m", "tandem.cli", "revision", message)
    [migration] = set(house.rglob("versions/*.py")) - before
    assert migration.relative_to(house).parts[:2] == ("services", "sales")
    run(house, "-m", "tandem.cli", "schemas")
    assert "/api/v1/competitors/{id}" in (house / "contracts/schemas/openapi.json").read_text()
    [(battery, word)] = re.findall(r"-m pytest (\S+) -k (\w+)", PAGE)
    told = run(house, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", battery, "-k", word)
    assert f"{len(PROOFS)} passed" in told
