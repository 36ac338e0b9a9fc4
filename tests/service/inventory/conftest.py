"""Inventory on a database of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.inventory.stockroom import Stockroom, open_stockroom


@pytest.fixture
def stockroom(tmp_path: Path) -> Iterator[Stockroom]:
    room = open_stockroom(tmp_path)
    yield room
    room.close()
