"""What every test run has: one PostgreSQL cluster, started when the first test asks for it."""

import pytest

from tests import cluster


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the worker processes of xdist share their leader's
        cluster.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        cluster.end_run()
