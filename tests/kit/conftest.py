"""The test-only service on HTTP, and what tests of the kit do there again and again."""

import uuid
from contextlib import closing, contextmanager

import pytest

from tandem.provision import connect
from tests.eventually import eventually
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


@pytest.fixture
def held_up(workshop, widget):
    """Inside the block no widget can take its number; it ends when so many transactions wait."""

    @contextmanager
    def hold(*, until):
        url = workshop.database.url.render_as_string(hide_password=False)
        with closing(connect(url)) as connection:
            cursor = connection.cursor()
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM numbering WHERE entity = 'widget' FOR UPDATE")
            yield
            eventually(lambda: _waiting(workshop) >= until)
            cursor.execute("ROLLBACK")

    return hold


def _waiting(workshop):
    [(count,)] = workshop.sql(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return count
