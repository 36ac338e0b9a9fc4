"""A service that cannot start says why, and is stopped like any other."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("preparing", "RuntimeError: the shelves are missing"),
        ("listening", "OSError: [Errno 99] Cannot assign requested address"),
    ],
)
def test_the_reason_is_the_last_thing_said(where, reason):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.kit.failing", where],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == reason
    assert "AttributeError" not in done.stderr
