"""The test-only service on HTTP, and what tests of the kit do there again and again."""

import uuid

import pytest

from tests.service.served import ANNA, BEN, BOSS, CLARA, serving


@pytest.fixture(scope="session")
def workshop():
    with serving("workshop", package="tests.kit.workshop") as service:
        yield service


@pytest.fixture
def boss(workshop):
    """An administrator."""
    return workshop.as_(BOSS)


@pytest.fixture
def anna(workshop):
    """The superior of Ben and Clara."""
    return workshop.as_(ANNA)


@pytest.fixture
def ben(workshop):
    return workshop.as_(BEN)


@pytest.fixture
def clara(workshop):
    return workshop.as_(CLARA)


@pytest.fixture
def tag():
    """A word that no other test's records contain."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def widget(ben, tag):
    """One of Ben's."""
    return ben.create("widgets", name=tag, parts=3)
