import pytest

from tests.kit.importing.importer import Importer


@pytest.fixture
def importer(ben):
    return Importer(ben)
