"""Sales served on HTTP, events delivered to it, and what tests do there again and again."""

import json
import subprocess
import sys
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.events.base import Event
from crmkit.bus import envelope, inbox
from crmkit.bus.transport import Delivery, Message
from crmkit.db import Database
from crmkit.records import hearing
from crmkit.unit_of_work import new_id
from services.sales.subscriptions import SUBSCRIPTIONS
from tandem.provision import connect
from tests import cluster

BOSS = "01990000-0000-7000-8000-000000000001"
ANNA = "01990000-0000-7000-8000-000000000002"
BEN = "01990000-0000-7000-8000-000000000003"
_DESK = "01990000-0000-7000-8000-0000000000a1"
_OFFICE = "01990000-0000-7000-8000-0000000000a2"
WAREHOUSE = "01990000-0000-7000-8000-0000000000c1"
CHAI, CHANG, SYRUP = (f"01990000-0000-7000-8000-0000000000b{n}" for n in range(3))


class Api:
    """One person's way into sales; answers must have the status that is expected."""

    def __init__(self, url, token):
        self._url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method, path, body=None, *, status=200, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._session.request(
            method, self._url + path, json=body, headers=names, timeout=30
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path):
        return self("GET", path)

    def post(self, path, body=None, *, status=200, **headers):
        return self("POST", path, body, status=status, **headers)

    def create(self, plural, **body):
        return self("POST", f"/{plural}", body, status=201)

    def refused(self, path, body=None):
        """The code of the rule that stands against it."""
        return self("POST", path, body, status=409)["code"]

    def invalid(self, method, path, body=None):
        """The bad fields that a refusal names, as (pointer, code)."""
        problem = self(method, path, body, status=422)
        return [(error["pointer"], error["code"]) for error in problem["errors"]]


class Sales:
    """The service, the people it knows and the bus that speaks to it."""

    def __init__(self, url, database_url):
        self.url = url
        self.database = Database(database_url, "sales")
        self.key = Ed25519PrivateKey.generate()
        self._subscriptions = {
            heard.name: hearing.subscription(heard, "sales", {}) for heard in SUBSCRIPTIONS
        }

    def as_(self, user_id):
        now = int(time.time())
        payload = {"iss": "tandem", "aud": "tandem", "sub": user_id, "iat": now, "exp": now + 600}
        headers = {"typ": "at+jwt", "kid": "test"}
        token = jwt.encode(payload | {"jti": "1"}, self.key, "EdDSA", headers=headers)
        return Api(self.url, token)

    def hear(self, subscription, *events):
        """Deliver events as the bus does; the verdict on each."""
        deliveries = [
            Delivery(Message(event.id, event.type, envelope.to_json(event))) for event in events
        ]
        outcomes = inbox.apply(self.database, self._subscriptions[subscription], deliveries)
        return [(str(outcome.verdict), outcome.error) for outcome in outcomes]

    def events(self, subject):
        """The facts told about a record, in the order in which they were written."""
        with closing(connect(self.database.url.render_as_string())) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT convert_from(body, 'UTF8') FROM outbox ORDER BY seq")
            told = [json.loads(body) for (body,) in cursor.fetchall()]
        return [event for event in told if event["subject"] == subject]


def event(event_type, subject, version=1, **data):
    now = datetime.now(UTC)
    return Event(new_id(), event_type, "/test", subject, now, data, version, BOSS)


def record(event_type, subject, **values):
    return event(event_type, subject, record=values, changes={}, deleted=False)


@pytest.fixture(scope="session")
def sales():
    url = cluster.fresh_database("sales")
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.service.sales.serve", url],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    port = process.stdout.readline().strip()
    service = Sales(f"http://127.0.0.1:{port}", url)
    _populate(service)
    yield service
    service.database.close()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def _populate(sales):
    jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(sales.key.public_key())) | {"kid": "test"}
    key = record(
        "crm.identity.signing_key.created.v1", new_id(), kid="test", jwk=jwk, retired=False
    )
    roles = [
        record("crm.identity.role.created.v1", role, path=path)
        for role, path in ((_OFFICE, f"{_OFFICE}/"), (_DESK, f"{_OFFICE}/{_DESK}/"))
    ]
    users = [
        record(
            "crm.identity.user.created.v1",
            user,
            username=name,
            display_name=name.title(),
            email=None,
            role_id=role,
            is_admin=admin,
            active=True,
        )
        for user, name, role, admin in (
            (BOSS, "boss", None, True),
            (ANNA, "anna", _OFFICE, False),
            (BEN, "ben", _DESK, False),
        )
    ]
    currencies = [
        record(
            "crm.identity.currency.created.v1",
            new_id(),
            code=code,
            decimals=decimals,
            conversion_rate=rate,
            is_base=code == "USD",
            active=True,
        )
        for code, decimals, rate in (("USD", 2, "1"), ("JPY", 0, "150.5"))
    ]
    goods = [
        record("crm.inventory.product.created.v1", product, number=f"PRO{n}", name=name)
        for n, (product, name) in enumerate(((CHAI, "Chai"), (CHANG, "Chang"), (SYRUP, "Syrup")))
    ]
    goods.append(record("crm.inventory.warehouse.created.v1", WAREHOUSE, number="WH1", name="Main"))
    for subscription, events in (
        ("people", [key, *roles, *users]),
        ("currencies", currencies),
        ("links", goods),
    ):
        assert {verdict for verdict, _ in sales.hear(subscription, *events)} == {"applied"}


@pytest.fixture
def boss(sales):
    return sales.as_(BOSS)


@pytest.fixture
def anna(sales):
    """A manager: sees what is hers and Ben's."""
    return sales.as_(ANNA)


@pytest.fixture
def ben(sales):
    """A seller: sees what is his."""
    return sales.as_(BEN)


@pytest.fixture
def account(boss):
    return boss.create("accounts", name=f"Account {uuid.uuid4()}")


def line(product, quantity, price, **more):
    return {"product_id": product, "quantity": quantity, "list_price": price} | more


@pytest.fixture
def make_order(boss, account):
    """An approved order of 10 Chai, 5 Chang and 2 Syrup, unless lines are given."""

    def make(*lines, approved=True, **values):
        lines = lines or (line(CHAI, "10", "18"), line(CHANG, "5", "19"), line(SYRUP, "2", "10"))
        order = boss.create(
            "sales-orders", subject="Tea", account_id=account["id"], lines=lines, **values
        )
        return boss.post(f"/sales-orders/{order['id']}/approve") if approved else order

    return make


def posted(shipment):
    """Inventory's answer that all of a shipment has left."""
    return event(
        "crm.inventory.stock.posted.v1",
        shipment["id"],
        sales_order_id=shipment["sales_order_id"],
        warehouse_id=WAREHOUSE,
        lines=[_told(held) for held in shipment["lines"]],
    )


def short(shipment, on_hand="0"):
    """Inventory's answer that nothing of a shipment has left."""
    return event(
        "crm.inventory.stock.short.v1",
        shipment["id"],
        sales_order_id=shipment["sales_order_id"],
        warehouse_id=WAREHOUSE,
        missing=[_told(held) | {"on_hand": on_hand} for held in shipment["lines"]],
    )


def _told(held):
    names = ("order_line_id", "product_id", "quantity")
    return {"line_id": held["id"]} | {name: held[name] for name in names}
