"""Every entity, every operation, everybody: the services answer as the declarations have it."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from crmkit.verbs import RECORD_VERBS, TOOLS
from tests.service.matrix.company import Company
from tests.service.matrix.expected import exists, expected
from tests.service.matrix.operations import (
    ACTIONS,
    BESIDE,
    ELSEWHERE,
    NOWHERE,
    OF_THE_GATEWAY,
    VERBS,
    WHOLE,
    Operation,
)
from tests.service.served import serving
from tests.service.test_battery import ENTITIES, bench

METHODS = {"get", "post", "put", "patch", "delete"}
_EACH = ("anonymous", "stranger", "administrator")
ANYBODY = ("anonymous", "stranger", "owner", "administrator")
"""Those between whom it is decided where records are everybody's, or nothing is about one."""
IN_THE_WAY = ("colleague", "subordinate", "superior", "manager", "member", "reader", "writer")
"""Where records have owners."""
SHARED_WITH = ("reader", "writer")
"""Those of them whom what else rests on a verb must tell apart."""

_CASES = [(service, name) for service, some in ENTITIES.items() for name in some]


@pytest.fixture(scope="module")
def company_of():
    """The people of a service, started when it is first asked for, and the bench beside."""
    found = {}
    with ExitStack() as stack:

        def find(name):
            if name not in found:
                service = stack.enter_context(serving(name))
                entities = ENTITIES[name]
                own = {verb for entity in entities.values() for verb in entity.verbs}
                owned = [e.follows or e.name for e in entities.values() if e.access == "owned"]
                verbs = sorted(RECORD_VERBS | TOOLS | own)
                company = Company(service, verbs, sorted(set(owned)))
                found[name] = (service, company, bench(service, entities))
            return found[name]

        yield find


def _asked(entity):
    """Each operation with each person who is asked to do it, and the verb that person lacks."""
    for operation in (*VERBS, *ACTIONS.get(entity.name, ()), *BESIDE):
        people = IN_THE_WAY if entity.access == "owned" else ()
        if operation in BESIDE:
            people = SHARED_WITH if people and operation.of_record else ()
        for who in (*(_EACH if operation in BESIDE else ANYBODY), *people):
            yield operation, who, ""
        if not (operation.own or operation.shaping):
            for verb in operation.needs:
                yield operation, "lacking", verb


def _path(operation, entity, record, person):
    mapping = "/mappings/" in operation.path
    return operation.path.format(
        plural=entity.plural,
        name=person.replace(" ", "-") if mapping else entity.name,
        id=record,
        tag="blue",
        field="no_such_field",
        value="none",
        source="elsewhere",
        key=NOWHERE,
        comment=NOWHERE,
    )


@pytest.mark.parametrize(("service", "name"), _CASES)
def test_everybody_may_do_what_is_theirs_and_nothing_else(company_of, service, name):
    entity = ENTITIES[service][name]
    served, company, made = company_of(service)
    theirs, crews = company.records(made, entity)
    refused, allowed = [], []
    for operation, who, lacks in _asked(entity):
        wanted = expected(entity, operation, who, lacks)
        cases = allowed if wanted == operation.allowed else refused
        cases.append((operation, who, lacks, wanted))
        if wanted in {(401,), (403,)}:
            refused.append((operation.awry, who, lacks, wanted))

    def answers(cases):
        for operation, who, lacks, wanted in cases:
            person = f"lacking {lacks}" if lacks else who
            path = _path(operation, entity, crews if who == "member" else theirs, person)
            got = company.ask(person, operation, path)
            if got not in wanted:
                yield f"{operation.method} {operation.path} by {person}: {got} and not {wanted}"

    before = _everything(served, entity)
    wrong = list(answers(refused))
    assert _everything(served, entity) == before, "what was refused has changed something"
    wrong += answers(allowed)
    assert not wrong, "\n" + "\n".join(wrong)


def _everything(served, entity):
    """The records as they are, and how much has been told, kept or begun."""
    table = entity.model.__tablename__
    rows = served.sql(f"SELECT id, version, modified_at, deleted_at FROM {table} ORDER BY id")
    counts = [
        served.sql(f"SELECT count(*) FROM {one}")
        for one in ("history", "outbox", "job", "comment", "record_tag", "saved_view", "audit")
    ]
    return rows, counts


@pytest.mark.parametrize("path", WHOLE)
def test_what_belongs_to_no_entity_asks_who_one_is(company_of, path):
    """A body that says nothing changes nothing; whose right it is, is asked before."""
    method, template = path.split(" ")
    _, company, _ = company_of("reporting" if "/reports/" in path else "identity")
    at = template.format(id=NOWHERE, tag="blue")
    asked = Operation(method, at, (), body=None if method == "GET" else {})
    may = {"anybody": _EACH, "people": _EACH[1:], "administrators": _EACH[2:]}[WHOLE[path]]
    for who in _EACH:
        status = company.ask(who, asked, at)
        if who in may:
            assert status not in {401, 403, 405}, who
        else:
            refused = 401 if who == "anonymous" else 403
            awry = company.ask(who, asked.awry, asked.awry.path)
            assert (status, awry) == (refused, refused), who


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
            for one in (*VERBS, *BESIDE, *ACTIONS.get(entity.name, ()))
            if all(exists(entity, verb) for verb in one.needs)
        ]
        in_matrix |= {(entity.name, _published(row, entity)) for row in (*rows, *ELSEWHERE)}
    assert published == in_matrix


def _published(row, entity):
    return row.replace("{plural}", entity.plural).replace("/meta/{name}", f"/meta/{entity.name}")


def test_every_verb_is_in_the_matrix():
    for entity in _every_entity():
        asked = {one.verb for one in ACTIONS.get(entity.name, ())}
        assert asked == set(entity.verbs), entity.name


def _every_entity():
    return [entity for some in ENTITIES.values() for entity in some.values()]
