"""Every entity, every operation, everybody: the services answer as the declarations have it, and
so does the gateway before them.
"""

import json
import logging
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from tests.service.matrix.asked import (
    EACH,
    awry,
    cases,
    done_by_administrators,
    listing,
)
from tests.service.matrix.books import changed, kept
from tests.service.matrix.company import GATEWAY
from tests.service.matrix.expected import exists
from tests.service.matrix.operations import (
    ACTIONS,
    BESIDE,
    LINKING,
    LISTING,
    NOWHERE,
    OF_THE_GATEWAY,
    RELATED,
    UNLINKING,
    VERBS,
    WHOLE,
    Operation,
)
from tests.service.matrix.running import Running
from tests.service.test_battery import ENTITIES

METHODS = {"get", "post", "put", "patch", "delete"}
UNHURRIED = {"recent_view"}
"""What is written a moment after it was answered: here, what those who made the records read."""
CATALOGUE = json.loads(Path("contracts/schemas/catalogue.json").read_bytes())
_CASES = [(service, name) for service, some in ENTITIES.items() for name in some]
_WITH_LISTS = [case for case in _CASES if ENTITIES[case[0]][case[1]].plural in CATALOGUE["related"]]


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
    after = kept(served, but=UNHURRIED)
    wrong += [f"what was refused has changed the table {one}" for one in changed(before, after)]
    wrong += _wrong(running, made, entity, [case for case in asked if not case.refused])
    assert not wrong, "\n" + "\n".join(wrong)
    _prove_that_it_would_have_changed_something(running, made, service, entity)


def _prove_that_it_would_have_changed_something(running, made, service, entity):
    subject = running.subject(service, entity)
    for operation in done_by_administrators(entity, made, deletable=subject.deletable):
        path = operation.path.format(plural=entity.plural, id=made.theirs, name=entity.name)
        answer = running.doors.answer(service, "administrator", operation, path)
        assert answer.status in {200, 201, 204}, (answer.asked, answer.body)


@pytest.mark.parametrize(("service", "name"), _WITH_LISTS)
def test_lists_are_of_records_that_one_sees_and_linked_by_those_who_may_change_both(
    running, service, name
):
    entity = ENTITIES[service][name]
    made = running.made(service, entity)
    for each in CATALOGUE["related"][entity.plural]:
        lister, listed = each["service"], ENTITIES[each["service"]][each["entity"]]
        across = lister != service
        # Where another service lists, only the gateway has the list.
        doors = (GATEWAY,) if across else (service, GATEWAY)
        place = (made, made, entity, each["name"])
        asked = [case for door in doors for case in listing(LISTING, door, entity, listed)]
        wrong = [*_listed(running, place, asked)]
        if each["select"]:
            others = running.made(lister, listed)
            if across:
                running.known(lister, entity, made)
                running.known(service, listed, others)
            place = (made, others, entity, each["name"])
            for operation in (LINKING, UNLINKING):
                told = [listing(operation, d, entity, listed, across=across) for d in doors]
                asked = [case for cases in told for case in cases]
                wrong += _linked(running, {service, lister}, place, asked)
        assert not wrong, "\n" + "\n".join(wrong)


def _listed(running, place, some):
    made, others, entity, name = place
    for case in some:
        other = others.crews if case.who == "member" else others.theirs
        path = made.path(case, entity, listed=name, other=other)
        answer = running.doors.answer(case.door, case.person, case.operation, path)
        if answer.status not in case.wanted:
            yield f"{answer.asked} by {case.person} at {case.door}: {answer.status} and not " + str(
                case.wanted
            )


def _linked(running, services, place, asked):
    """Who may not link or unlink changes nothing; who may, does: linking makes what is ended."""
    before = {name: kept(running.services[name], but=UNHURRIED) for name in services}
    wrong = [*_listed(running, place, [case for case in asked if case.refused])]
    for name, was in before.items():
        after = kept(running.services[name], but=UNHURRIED)
        wrong += [f"what was refused has changed {name}'s {one}" for one in changed(was, after)]
    done = [case for case in asked if not case.refused]
    if done and done[0].operation is UNLINKING:
        # A link ends once: that of the owner's record, and that of the group's.
        done = list({case.who == "member": case for case in done}.values())
    return [*wrong, *_listed(running, place, done)]


@pytest.mark.parametrize(("service", "name"), _CASES)
def test_what_is_somebodys_own_is_not_there_for_others(running, service, name):
    """Views, imports and jobs: that superiors, and those with whom records are shared, see the
    records does not show them what somebody does with them.
    """
    entity, served = ENTITIES[service][name], running.services[service]
    keys = running.own(service, entity)
    wrong, before = [], kept(served, but=UNHURRIED)
    asked = [one for one in BESIDE if one.path.split("/")[2] in keys and "{key}" in one.path]
    for place, operation in enumerate(asked):
        maker, key = keys[operation.path.split("/")[2]]
        path = operation.path.format(plural=entity.plural, key=key)
        hidden = 403 if maker == "administrator" and not operation.own else 404
        for n, who in enumerate(("anonymous", "stranger", "superior", "reader", "writer"), place):
            door = (service, GATEWAY)[n % 2]
            sent = (
                replace(operation, body={"name": "Taken"})
                if operation.method == "PATCH"
                else operation
            )
            got = running.doors.answer(door, who, sent, path).status
            if got != (401 if who == "anonymous" else hidden):
                wrong.append(f"{operation.method} {path} by {who} at {door}: {got}")
    after = kept(served, but=UNHURRIED)
    wrong += [f"what was refused has changed the table {one}" for one in changed(before, after)]
    for operation in asked:
        if operation.method == "GET" and not operation.path.endswith(("/file", "/refused")):
            maker, key = keys[operation.path.split("/")[2]]
            path = operation.path.format(plural=entity.plural, key=key)
            for who in (maker, "administrator"):
                got = running.doors.answer(service, who, operation, path).status
                if got != 200:
                    wrong.append(f"GET {path} by {who}, whose it is: {got}")
    assert not wrong, "\n" + "\n".join(wrong)


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
