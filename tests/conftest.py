"""What every test run has: one PostgreSQL cluster, started when the first test asks for it."""

import gc
import os

import pytest

from tests import cluster
from tests.rabbitmq_node import server

pytest.register_assert_rewrite("crmkit.testing")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the worker processes of xdist share their leader's
        cluster.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        cluster.end_run()


def pytest_collection_finish() -> None:
    # What has been loaded by now stays; each search for garbage would go through all of it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def installed_rabbitmq() -> None:
    """For tests that kill brokers of their own; where there is none, they say so by their names."""
    if server() is None:
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse("RabbitMQ is not installed: no test of this name has run on it")
