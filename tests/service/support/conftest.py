"""Support served on HTTP."""

import pytest

from tests.service.served import serving


@pytest.fixture(scope="session")
def support():
    with serving("support") as service:
        yield service
