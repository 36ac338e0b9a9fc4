"""Every entity of every service passes the battery, as its declaration alone has it."""

import importlib
import pkgutil
from contextlib import ExitStack

import pytest

from contracts.services import SERVICE_PORTS
from crmkit.entity import Entity
from crmkit.records import currencies
from crmkit.testing.battery import PROOFS, prove_one
from crmkit.testing.client import Client
from crmkit.testing.subject import Bench, Subject
from crmkit.unit_of_work import new_id
from tests.service.served import BOSS, CLARA, record, serving


def entities_of(package):
    """What the modules of `package.entities` declare, by name; imports none of the doors."""
    declared = importlib.import_module(f"{package}.entities")
    modules = [
        importlib.import_module(f"{declared.__name__}.{found.name}")
        for found in pkgutil.iter_modules(declared.__path__)
    ]
    return {
        value.name: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Entity)
    }


def bench(service, entities):
    """What the battery needs of a service that a test serves."""
    euro = record(
        "crm.identity.currency.created.v1",
        new_id(),
        code="EUR",
        decimals=2,
        conversion_rate="1",
        is_base=True,
        active=True,
    )
    with service.database.transaction() as session:
        currencies.apply_currencies(session, [euro])
    admin, stranger = (Client(service.url, service.token(user)) for user in (BOSS, CLARA))
    nobody = Client(service.url, None)
    database, work = service.database, service.work
    return Bench(admin, stranger, nobody, database, entities, BOSS, CLARA, work)


ENTITIES = {name: entities_of(f"services.{name}") for name in SERVICE_PORTS}


@pytest.fixture(scope="module")
def subject_of():
    """The subject of an entity, its service being started when it is first asked for."""
    benches, subjects = {}, {}
    with ExitStack() as stack:

        def find(service, entity):
            if service not in benches:
                served = stack.enter_context(serving(service))
                benches[service] = bench(served, ENTITIES[service])
            if entity not in subjects:
                declared = ENTITIES[service][entity]
                subjects[entity] = Subject(benches[service], declared)
            return subjects[entity]

        yield find


@pytest.mark.parametrize("behaviour", PROOFS)
@pytest.mark.parametrize(
    ("service", "entity"), [(name, entity) for name, some in ENTITIES.items() for entity in some]
)
def test_the_battery(subject_of, service, entity, behaviour):
    prove_one(subject_of(service, entity), behaviour)
