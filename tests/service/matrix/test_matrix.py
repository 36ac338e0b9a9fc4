"""Every entity, every operation, everybody: the services answer as the declarations have it, and
so does the gateway before them.
"""

import json
import logging
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog

from crmkit.testing.subject import Subject
from crmkit.verbs import RECORD_VERBS, TOOLS
from tests.service.matrix.asked import EACH, Made, awry, cases, done_by_administrators
from tests.service.matrix.books import changed, kept
from tests.service.matrix.company import GATEWAY, Company, Doors
from tests.service.matrix.expected import exists
from tests.service.matrix.operations import (
    ACTIONS,
    BESIDE,
    NOWHERE,
    OF_THE_GATEWAY,
    RELATED,
    VERBS,
    WHOLE,
    Operation,
)
from tests.service.served import serving_all
from tests.service.test_battery import ENTITIES, bench

METHODS = {"get", "post", "put", "patch", "delete"}
UNHURRIED = {"recent_view"}
"""What is written a moment after it was answered: here, what those who made the records read."""
_CASES = [(service, name) for service, some in ENTITIES.items() for name in some]


class Running:
    """All services, a gateway before them, and the people whom they know."""

    def __init__(self, stack):
        self.services = stack.enter_context(serving_all([*ENTITIES]))
        entities = [entity for some in ENTITIES.values() for entity in some.values()]
        own = {verb for entity in entities for verb in entity.verbs}
        owned = {e.follows or e.name for e in entities if e.access == "owned"}
        self.company = Company(sorted(RECORD_VERBS | TOOLS | own), sorted(owned))
        self.doors = Doors(self.company, self.services)
        self._benches = {name: bench(self.services[name], ENTITIES[name]) for name in ENTITIES}

    def subject(self, service, entity):
        return Subject(self._benches[service], entity)

    def give(self, service, entity, record_id, who):
        """Let somebody own it, or the group."""
        owner = self.company.group if who == "crew" else self.company.users[who]
        table = entity.model.__tablename__
        statement = f"UPDATE {table} SET owner_id = %s WHERE id = %s"
        self.services[service].sql(statement, owner, record_id)

    def made(self, service, entity):
        """What the matrix is about, of this entity."""
        subject = self.subject(service, entity)
        theirs, crews = subject.spare(0), subject.spare(1)
        new, values, binned = {}, {}, NOWHERE
        if subject.creatable:
            new = subject.accepted(0) | {
                name: subject.sample(name, declared, 7)
                for name, declared in subject.writable.items()
                if name in subject.accepted(0) and subject.unique(name, declared)
            }
        if entity.allows("edit") and (found := subject.changed(theirs)):
            values = {found[0]: theirs[found[0]]}
        if subject.creatable and subject.deletable:
            binned = subject.make(full=False, turn=2)["id"]
            subject.bench.admin.ask("DELETE", f"{subject.at}/{binned}").expect(204)
        if entity.owned:
            self.give(service, entity, theirs["id"], "owner")
            self.give(service, entity, crews["id"], "crew")
        return Made(theirs["id"], crews["id"], binned, new, values)


@pytest.fixture(scope="module")
def running():
    said = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with ExitStack() as stack:
        yield Running(stack)
    structlog.configure(**said)


def _wrong(running, made, entity, some):
    for case in some:
        answer = running.doors.answer(
            case.door, case.person, case.operation, made.path(case, entity)
        )
        if answer.status not in case.wanted:
            yield f"{answer.asked} by {case.person} at {case.door}: {answer.status} and not " + str(
                case.wanted
            )


@pytest.mark.parametrize(("service", "name"), _CASES)
def test_everybody_may_do_what_is_theirs_and_nothing_else(running, service, name):
    entity, served = ENTITIES[service][name], running.services[service]
    made = running.made(service, entity)
    asked = list(cases(service, entity, _CASES.index((service, name))))
    refused = [case.as_(made.sent(case)) for case in asked if case.refused]
    before = kept(served, but=UNHURRIED)
    wrong = [*_wrong(running, made, entity, refused)]
    wrong += _wrong(running, made, entity, awry(service, [case for case in asked if case.refused]))
    for table in changed(before, kept(served, but=UNHURRIED)):
        wrong.append(f"what was refused has changed the table {table}")
    wrong += _wrong(running, made, entity, [case for case in asked if not case.refused])
    assert not wrong, "\n" + "\n".join(wrong)
    subject = running.subject(service, entity)
    for operation in done_by_administrators(entity, made, deletable=subject.deletable):
        path = operation.path.format(plural=entity.plural, id=made.theirs, name=name)
        answer = running.doors.answer(service, "administrator", operation, path)
        assert answer.status in {200, 201, 204}, (answer.asked, answer.body)


@pytest.mark.parametrize("path", [*WHOLE, *OF_THE_GATEWAY])
def test_what_belongs_to_no_entity_asks_who_one_is(running, path):
    """A body that says nothing changes nothing; whose right it is, is asked before."""
    method, template = path.split(" ")
    service = "reporting" if "/reports/" in path else "identity"
    at = template.format(id=NOWHERE, tag="blue", service="sales")
    asked = Operation(method, at, (), body=None if method == "GET" else {})
    rights = (WHOLE | OF_THE_GATEWAY)[path]
    may = {"anybody": EACH, "people": EACH[1:], "administrators": EACH[2:]}[rights]
    for door in (GATEWAY,) if path in OF_THE_GATEWAY else (service, GATEWAY):
        for who in EACH:
            status = running.doors.answer(door, who, asked, at).status
            if who in may:
                assert status not in {401, 403, 405}, (door, who)
            else:
                refused = 401 if who == "anonymous" else 403
                assert status == refused, (door, who)
                if door != GATEWAY:  # it does not know who may until it has asked
                    wrong = running.doors.answer(door, who, asked.awry, asked.awry.path).status
                    assert wrong == refused, (door, who)


def test_every_operation_is_in_the_matrix():
    published = set()
    document = json.loads(Path("contracts/schemas/openapi.json").read_bytes())
    for path, item in document["paths"].items():
        for method in METHODS & {*item}:
            said = f"{method.upper()} {path.removeprefix('/api/v1')}"
            published.add((item.get("x-entity"), said))
    in_matrix = {(None, one) for one in (*WHOLE, *OF_THE_GATEWAY)}
    for entity in _every_entity():
        rows = [
            f"{one.method} {one.path}"
            for one in (*VERBS, *BESIDE, *ACTIONS.get(entity.name, ()), *RELATED)
            if one in RELATED or all(exists(entity, verb) for verb in one.needs)
        ]
        in_matrix |= {(entity.name, _published(row, entity)) for row in rows}
    assert published == in_matrix


def _published(row, entity):
    return row.replace("{plural}", entity.plural).replace("/meta/{name}", f"/meta/{entity.name}")


def test_every_verb_is_in_the_matrix():
    for entity in _every_entity():
        asked = {one.verb for one in ACTIONS.get(entity.name, ())}
        assert asked == set(entity.verbs), entity.name


def _every_entity():
    return [entity for some in ENTITIES.values() for entity in some.values()]
