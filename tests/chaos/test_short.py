"""The short form of `make chaos`, in both modes: nothing lost, nothing doubled, all agrees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def figures(*arguments: str) -> dict[str, str]:
    """What it prints in the end, by name. It is a process of its own because it forks at will."""
    command = [sys.executable, "-m", "tests.chaos", *arguments, "--patience", "90"]
    done = subprocess.run(
        [*command, "--directory", os.environ["TANDEM_TEST_RUN"]],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split("   ") for line in done.stdout.splitlines()]
    return {words[0].strip(): words[-1].strip() for words in lines}


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("installed_rabbitmq")
def test_processes_broker_and_database_die() -> None:
    seen = figures("--shipments", "100", "--kills", "2")
    assert (seen["lost"], seen["doubled"]) == ("0", "0")
    assert "broker 1" in seen["kills"]
    assert "postgresql 1" in seen["kills"]
    assert "everything agrees" in seen


def test_the_suite_of_one_process_dies() -> None:
    seen = figures("--mode", "embedded", "--shipments", "30", "--kills", "1")
    assert (seen["lost"], seen["doubled"]) == ("0", "0")
    assert "everything agrees" in seen
