"""A gateway before three stub services that know one signing key."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from tests.unit.gateway.stub import ASYNCAPI, CATALOGUE, OPENAPI, Signer, Stub, says

Services = dict[str, Stub]


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def services(signer: Signer) -> Iterator[Services]:
    stubs = {name: Stub(name) for name in ("identity", "sales", "support")}
    for stub in stubs.values():
        stub.answers["/jwks"] = says({"keys": [signer.jwk]})
    yield stubs
    for stub in stubs.values():
        stub.stop()


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.json").write_bytes(orjson.dumps(CATALOGUE))
    (tmp_path / "openapi.json").write_bytes(orjson.dumps(OPENAPI))
    (tmp_path / "asyncapi.json").write_bytes(orjson.dumps(ASYNCAPI))
    return tmp_path


@pytest.fixture
def gateway(services: Services, schemas: Path) -> FlaskClient:
    urls = {name: stub.url for name, stub in services.items()}
    return create_app(urls, schemas=schemas, read_seconds=5).test_client()


@pytest.fixture
def token(signer: Signer) -> dict[str, str]:
    return signer.header()
