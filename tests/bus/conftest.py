"""Both transports for every test that asks for `suite`; a private broker for each test process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bus.suite import Suite, services
from tests.rabbitmq_node import RabbitNode


@pytest.fixture(scope="session")
def node(installed_rabbitmq: None) -> Iterator[RabbitNode]:
    """A RabbitMQ node that a test may kill and start again."""
    own = RabbitNode(Path(os.environ["TANDEM_TEST_RUN"]) / f"rabbitmq-{os.getpid()}")
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="session")
def amqp_url(request: pytest.FixtureRequest) -> str:
    """A broker for tests that leave it in peace."""
    if external := os.environ.get("TANDEM_TEST_AMQP_URL"):
        return external
    own: RabbitNode = request.getfixturevalue("node")
    return own.url


@pytest.fixture(params=["local", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def suite(request: pytest.FixtureRequest) -> Iterator[Suite]:
    """Two services on each transport in turn."""
    url = request.getfixturevalue("amqp_url") if request.param == "rabbitmq" else ""
    with services(request.param, url) as both:
        yield both
