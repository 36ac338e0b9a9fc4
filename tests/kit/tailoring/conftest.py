"""A workshop of its own: what administrators change here, no other test is to meet."""

import uuid

import pytest

from tests.service.served import BEN, BOSS, Api, another_copy_of, serving


@pytest.fixture(scope="session")
def workshop():
    with serving("workshop", package="tests.kit.workshop") as service:
        yield service


@pytest.fixture(scope="session")
def elsewhere(workshop):
    """The same workshop through another of its processes."""
    with another_copy_of(workshop, "tests.kit.workshop") as url:
        yield lambda user_id: Api(url, workshop.token(user_id))


@pytest.fixture
def ben_elsewhere(elsewhere):
    return elsewhere(BEN)


@pytest.fixture
def boss_elsewhere(elsewhere):
    return elsewhere(BOSS)


@pytest.fixture
def new_field(boss):
    """A field of widgets that no other test has; answers its name."""

    def add(kind="text", **about):
        name = f"cf_{uuid.uuid4().hex[:12]}"
        body = {"name": name, "kind": kind, "labels": {"en": f"Of {kind}"}, **about}
        boss("POST", "/meta/widget/fields", body, status=201)
        return name

    return add
