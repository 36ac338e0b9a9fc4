"""The test-only service in a process of its own, and people who may sign in to it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import jwt
import psycopg2
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url

from tests import cluster

BOSS = "01990000-0000-7000-8000-000000000001"
ANNA = "01990000-0000-7000-8000-000000000002"
BEN = "01990000-0000-7000-8000-000000000003"
CLARA = "01990000-0000-7000-8000-000000000004"
_SALES = "01990000-0000-7000-8000-0000000000a1"
_DESK = "01990000-0000-7000-8000-0000000000a2"


class Api:
    """One person's way into the service."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._session = requests.Session()
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: object = None, **headers: str):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._session.request(method, self._url + path, json=body, headers=names, timeout=30)


@dataclass
class Workshop:
    url: str
    database_url: str
    key: Ed25519PrivateKey

    def token(self, user_id: str, **claims: object) -> str:
        now = int(time.time())
        payload = {"iss": "tandem", "aud": "tandem", "sub": user_id, "iat": now, "exp": now + 600}
        headers = {"typ": "at+jwt", "kid": "test"}
        return jwt.encode(payload | {"jti": "1"} | claims, self.key, "EdDSA", headers=headers)

    def as_(self, user_id: str | None) -> Api:
        return Api(self.url, None if user_id is None else self.token(user_id))

    def sql(self, statement: str, *values: object) -> list[tuple]:
        url = make_url(self.database_url).set(drivername="postgresql")
        with psycopg2.connect(url.render_as_string(hide_password=False)) as connection:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    url = cluster.fresh_database("workshop")
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.kit.workshop", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    port = process.stdout.readline().strip()
    shop = Workshop(f"http://127.0.0.1:{port}", url, Ed25519PrivateKey.generate())
    _populate(shop)
    yield shop
    process.terminate()
    process.wait(10)
    process.stdout.close()


def _populate(shop: Workshop) -> None:
    jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(shop.key.public_key())) | {"kid": "test"}
    shop.sql("INSERT INTO signing_key VALUES ('test', %s, false, 1)", json.dumps(jwk))
    for role, path in ((_SALES, f"{_SALES}/"), (_DESK, f"{_SALES}/{_DESK}/")):
        shop.sql("INSERT INTO role VALUES (%s, %s, 1)", role, path)
    people = (
        (BOSS, "boss", None, True),
        (ANNA, "anna", _SALES, False),
        (BEN, "ben", _DESK, False),
        (CLARA, "clara", _DESK, False),
    )
    for user_id, name, role, admin in people:
        shop.sql(
            "INSERT INTO principal VALUES (%s, %s, %s, NULL, %s, %s, true, 1)",
            *(user_id, name, name.title(), role, admin),
        )


@pytest.fixture
def boss(workshop: Workshop) -> Api:
    return workshop.as_(BOSS)


@pytest.fixture
def anna(workshop: Workshop) -> Api:
    return workshop.as_(ANNA)


@pytest.fixture
def ben(workshop: Workshop) -> Api:
    return workshop.as_(BEN)


@pytest.fixture
def clara(workshop: Workshop) -> Api:
    return workshop.as_(CLARA)
