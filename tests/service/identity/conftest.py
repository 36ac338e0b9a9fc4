"""Identity served on HTTP, and what tests do there again and again."""

import hashlib
import uuid
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from crmkit.bus import envelope, inbox, outbox
from crmkit.bus.transport import Delivery, Message
from crmkit.db import KIT, Database
from crmkit.records import ended_sessions, hearing, history, principals
from crmkit.records.auditing import chain
from crmkit.records.rights import tables as rights
from crmkit.records.tailoring import tables
from services.identity.bootstrap import ENTITIES
from services.identity.entities import Base
from services.identity.subscriptions import SUBSCRIPTIONS
from tandem.provision import connect
from tests import cluster
from tests.service.served import running

PASSWORD = "correct horse battery"
KIT_TABLES = (
    chain.audit,
    chain.audit_day,
    chain.audit_personal,
    ended_sessions.ended_session,
    history.history,
    outbox.outbox,
    principals.organisation,
    principals.principal,
    principals.role,
    principals.signing_key,
    rights.group,
    rights.profile,
    rights.rights_version,
    rights.sharing_rule,
    tables.custom_field,
    tables.entity_setting,
    tables.field_setting,
    tables.tailoring_version,
)
"""Those that identity's own code asks and writes, for tests of it that need no doors."""


@dataclass
class Identity:
    url: str
    database_url: str
    admin_password: str
    var: Path

    def call(self, method, path, body=None, *, token=None, **headers):
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = self.url + path
        return requests.request(method, url, json=body, headers=headers, timeout=30)

    def sign_in(self, username, password, *, address=None):
        """From this address; failing that, from one where only this user is at home."""
        credentials = {"username": username, "password": password}
        headers = {"X-Forwarded-For": address or self.home(username)}
        return self.call("POST", "/auth/token", credentials, **headers)

    def home(self, username):
        digest = hashlib.sha256(username.lower().encode()).digest()
        return ".".join(["10", *(str(byte) for byte in digest[:3])])

    def refresh(self, token):
        return self.call("POST", "/auth/refresh", {"refresh_token": token})

    def hear(self, subscription, *events):
        """Deliver events as the bus does; the verdict on each."""
        [heard] = [one for one in SUBSCRIPTIONS if one.name == subscription]
        entities = {entity.name: entity for entity in ENTITIES}
        applied = hearing.subscription(heard, "identity", lambda _: entities)
        messages = [Delivery(Message(e.id, e.type, envelope.to_json(e))) for e in events]
        with closing(Database(self.database_url, "identity")) as database:
            return [str(one.verdict) for one in inbox.apply(database, applied, messages)]

    def sql(self, statement, *values):
        with closing(connect(self.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def _tables(url):
    with closing(Database(url, "identity")) as database:
        KIT.create_all(database.engine, KIT_TABLES)
        Base.metadata.create_all(database.engine)


@pytest.fixture
def database():
    """Identity's database before the first start."""
    with closing(Database(cluster.copy_of("identity_tables", _tables), "identity")) as database:
        yield database


@pytest.fixture(scope="session")
def identity():
    url = cluster.service_database("identity")
    with running({"services.identity": url}, "http,events,relay,timers") as ([address], var):
        yield Identity(address, url, (var / "admin-password").read_text().strip(), var)


@pytest.fixture(scope="session")
def admin(identity):
    token = identity.sign_in("admin", identity.admin_password).json()["access_token"]

    def call(method, path, body=None, **headers):
        return identity.call(method, path, body, token=token, **headers)

    return call


@pytest.fixture(scope="session")
def roles(admin):
    return {role["name"]: role for role in admin("GET", "/roles").json()["items"]}


@pytest.fixture
def make_user(admin, roles):
    """A user of the role Sales Person who can sign in with PASSWORD."""

    def make(*, password=PASSWORD, **values):
        name = f"user-{uuid.uuid4().hex[:12]}"
        body = {"username": name, "last_name": "Test", "role_id": roles["Sales Person"]["id"]}
        answer = admin("POST", "/users", body | values)
        assert answer.status_code == 201, answer.text
        user = answer.json()
        if password:
            given = admin("POST", f"/users/{user['id']}/password", {"password": password})
            assert given.status_code == 204, given.text
        return user

    return make


@pytest.fixture
def errors():
    """The bad fields that a refusal names, as (pointer, code)."""

    def named(answer):
        assert answer.status_code == 422, answer.text
        return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]

    return named
