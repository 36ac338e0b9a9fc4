"""What is generated and committed is what the declarations say now.

The services' classes import eventlet, so they are looked at in a process of its own.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.services import SERVICE_PORTS
from tests import cluster

_COMPARE = Path(__file__).with_name("compare_migrations.py")


def _output(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("service", SERVICE_PORTS)
def test_the_migrations_make_the_tables_that_the_models_want(service: str) -> None:
    assert _output(str(_COMPARE), service, cluster.service_database(service)) == "[]\n"


def test_the_schemas_are_what_the_services_say() -> None:
    assert _output("-m", "tandem.cli", "schemas", "--check") == "", "run `make schemas`"
