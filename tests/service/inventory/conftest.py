"""Inventory on a database of its own, emptied for each test."""

from collections.abc import Iterator

import pytest

from tests.service.inventory.stockroom import Stockroom, build_stockroom


@pytest.fixture(scope="session")
def _room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stockroom]:
    room = build_stockroom(tmp_path_factory.mktemp("stockroom"))
    yield room
    room.close()


@pytest.fixture
def stockroom(_room: Stockroom) -> Stockroom:
    _room.open()
    return _room
