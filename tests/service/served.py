"""A service as its neighbours meet it: people who call it, and a bus that delivers events to it."""

import importlib
import json
import subprocess
import sys
import time
import warnings
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.caller import system_caller
from contracts.events.base import Event
from crmkit import migrations
from crmkit.bus import envelope, inbox
from crmkit.bus.transport import Delivery, Message
from crmkit.db import Database
from crmkit.records import hearing, principals
from crmkit.records.background.job_worker import JobWorker
from crmkit.records.tailoring.loading import Shaped
from crmkit.unit_of_work import UnitOfWork, new_id
from tandem.provision import connect
from tests import cluster

BOSS, ANNA, BEN, CLARA = (f"01990000-0000-7000-8000-00000000000{n}" for n in range(1, 5))
OFFICE, DESK, ASIDE = (f"01990000-0000-7000-8000-0000000000a{n}" for n in (1, 2, 3))
PATHS = {None: "", OFFICE: f"{OFFICE}/", DESK: f"{OFFICE}/{DESK}/", ASIDE: f"{ASIDE}/"}
PEOPLE = {
    BOSS: {"username": "boss", "display_name": "Bo", "role_id": None, "is_admin": True},
    ANNA: {"username": "anna", "display_name": "Anna", "role_id": OFFICE, "is_admin": False},
    BEN: {"username": "ben", "display_name": "Ben", "role_id": DESK, "is_admin": False},
    CLARA: {"username": "clara", "display_name": "Clara", "role_id": DESK, "is_admin": False},
}
"""An administrator, a manager, and two who report to her."""
EVERYTHING = "01990000-0000-7000-8000-0000000000b1"
"""The profile of all roles: every verb of every module, on what sharing leaves them."""
_KEY = Ed25519PrivateKey.generate()
"""Signs everybody's tokens: who is let in by one service is so by its neighbours."""
_SOMEBODY = {"username": "somebody", "display_name": "Sam", "role_id": ASIDE, "is_admin": False}


class Api:
    """One person's way in; answers must have the status that is expected."""

    def __init__(self, url, token):
        self._url = url
        self._session = requests.Session()
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method, path, body=None, **headers):
        """The answer as it is; `If_Match="1"` sends the header If-Match."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._session.request(
            method,
            self._url + path,
            json=body,
            headers=names,
            timeout=30,
            allow_redirects=False,
        )

    def __call__(self, method, path, body=None, *, status=200, **headers):
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path, *, status=200):
        return self("GET", path, status=status)

    def create(self, plural, **body):
        return self("POST", f"/{plural}", body, status=201)

    def refused(self, method, path, body=None):
        """The code of the rule that stands against it."""
        return self(method, path, body, status=409)["code"]

    def invalid(self, method, path, body=None):
        """The bad fields that a refusal names, as (pointer, code)."""
        problem = self(method, path, body, status=422)
        return [(error["pointer"], error["code"]) for error in problem["errors"]]


class Served:
    """The service's address and database, and the subscriptions through which it hears."""

    def __init__(self, name, package, url, database_url):
        self.url = url
        self.database = Database(database_url, name)
        heard = importlib.import_module(f"{package}.subscriptions").SUBSCRIPTIONS
        self._service = _class(package)
        entities = {entity.name: entity for entity in self._service.entities}
        self._shaped = Shaped(entities)
        self._subscriptions = {
            h.name: hearing.subscription(h, name, lambda _: entities) for h in heard
        }

    def as_(self, user_id):
        """The service as this person meets it; None does not sign in."""
        return Api(self.url, None if user_id is None else self.token(user_id))

    def token(self, user_id, *, key=None, algorithm="EdDSA", header=(), **claims):
        """An access token; whatever is given replaces what identity would have written."""
        now = int(time.time())
        payload = {"iss": "tandem", "aud": "tandem", "sub": user_id, "iat": now, "exp": now + 600}
        headers = {"typ": "at+jwt", "kid": "test"} | dict(header)
        key = _KEY if key is None else key
        return jwt.encode(payload | {"jti": "1"} | claims, key, algorithm, headers=headers)

    def hear(self, subscription, *events):
        """Deliver events as the bus does; the verdict on each."""
        deliveries = [
            Delivery(Message(event.id, event.type, envelope.to_json(event))) for event in events
        ]
        outcomes = inbox.apply(self.database, self._subscriptions[subscription], deliveries)
        return [str(outcome.verdict) for outcome in outcomes]

    def work(self, kind):
        """Do the jobs of this kind that wait, as a copy of the service with timers does."""
        works = [work for cls in self._service.__mro__ for work in vars(cls).get("works", ())]
        mine = [work for work in works if work.kind == kind]
        worker = JobWorker(self.database, self._shaped.newest, mine)
        while worker.work():
            pass

    @contextmanager
    def unit_of_work(self):
        """A transaction with the service's entities, under the service's own rights."""
        with self.database.transaction() as session:
            yield UnitOfWork(session, system_caller(), "test", self._shaped.newest(session))

    def sql(self, statement, *values):
        url = self.database.url.render_as_string(hide_password=False)
        with closing(connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def told(self, subject):
        """The types of the events told about a record, in the order they were written."""
        found = self.sql("SELECT convert_from(body, 'UTF8') FROM outbox ORDER BY seq")
        events = [json.loads(body) for (body,) in found]
        return [event["type"] for event in events if event["subject"] == subject]

    def know_people(self):
        jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(_KEY.public_key()))
        key = {"kid": "test", "jwk": jwk | {"kid": "test"}, "retired": False}
        told = [
            record("crm.identity.signing_key.created.v1", new_id(), **key),
            profile(EVERYTHING),
            *(role(r, p) for r, p in PATHS.items() if r),
            *(person(user_id) for user_id in PEOPLE),
        ]
        with self.database.transaction() as session:
            principals.apply_people(session, told)


def _class(package):
    """The service's class; its doors bring eventlet, which warns of itself."""
    with warnings.catch_warnings(action="ignore"):
        return importlib.import_module(f"{package}.service").SERVICE


def event(event_type, subject, version=1, /, **data):
    now = datetime.now(UTC)
    return Event(new_id(), event_type, "/test", subject, now, data, version, BOSS)


def record(event_type, subject, version=1, /, *, deleted=False, **values):
    """The event of a record's write."""
    return event(event_type, subject, version, record=values, changes={}, deleted=deleted)


def role(role_id, path, version=1, /, **values):
    """The event that tells of a role; its profile is EVERYTHING unless `profile_ids` says."""
    state = {"path": path, "profile_ids": [EVERYTHING], "assigns_to": "all_users"} | values
    return record("crm.identity.role.changed.v1", role_id, version, **state)


def profile(profile_id, version=1, /, **values):
    """The event that tells of a profile; it grants every verb unless it says otherwise."""
    everything = {"active": True, "verbs": ["*"]}
    state = {"view_all": False, "edit_all": False, "modules": {}, "others": everything} | values
    return record("crm.identity.profile.changed.v1", profile_id, version, **state)


def person(user_id, version=1, **values):
    """The event that tells of a user; without an address unless `email` is given."""
    about = PEOPLE.get(user_id, _SOMEBODY)
    state = about | {"email": None, "active": True, "time_zone": "UTC"} | values
    return record("crm.identity.user.changed.v1", user_id, version, **state)


@contextmanager
def serving(name, package=""):
    """The service `name` on HTTP, knowing the people above.

    One of a test's own, in `package`, makes its tables itself when it starts, and does its jobs.
    """
    if package:
        url, doors = cluster.copy_of(name, migrations.upgrade_kit), "http,timers"
    else:
        package, url, doors = f"services.{name}", cluster.service_database(name), "http"
    with running({package: url}, doors) as ([address], _):
        service = Served(name, package, address, url)
        service.know_people()
        yield service
        service.database.close()


@contextmanager
def serving_all(names):
    """These services by name, each as `serving` has it, but in one process."""
    urls = {f"services.{name}": cluster.service_database(name) for name in names}
    with running(urls, "http") as (addresses, _):
        found = {}
        for name, (package, url), address in zip(names, urls.items(), addresses, strict=True):
            found[name] = Served(name, package, address, url)
            found[name].know_people()
        yield found
        for service in found.values():
            service.database.close()


@contextmanager
def another_copy_of(service, package):
    """The same service once more, in a process of its own beside the first one."""
    url = service.database.url.render_as_string(hide_password=False)
    with running({package: url}, "http,timers") as ([address], _):
        yield address


@contextmanager
def running(packages, doors):
    """Services with these doors on their databases: their addresses, and where they write to."""
    var = cluster.fresh_directory()
    process = subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", "-m", "tests.service.serve", var, doors),
            *(word for package in packages.items() for word in package),
        ],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        ports = [process.stdout.readline().strip() for _ in packages]
        yield [f"http://127.0.0.1:{port}" for port in ports], var
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
