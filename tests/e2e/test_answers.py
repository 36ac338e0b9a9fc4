"""What a running suite answers and tells is what its published documents say."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
import requests
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from sqlalchemy.engine import make_url

from contracts.services import SERVICE_PORTS
from tandem.postgres import EmbeddedPostgres
from tandem.provision import connect
from tests.e2e.running import PATIENCE

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "contracts" / "schemas"
OPENAPI = json.loads((SCHEMAS / "openapi.json").read_text())
ROUTES = json.loads((SCHEMAS / "catalogue.json").read_text())["routes"]
ASYNCAPI = json.loads((SCHEMAS / "asyncapi.json").read_text())
REGISTRY = Registry().with_resources(
    (name, DRAFT202012.create_resource(document))
    for name, document in (("openapi", OPENAPI), ("asyncapi", ASYNCAPI))
)


def validate(answer, path, method="get", status="200"):
    """Against the schema that the document gives for this answer; formats count."""
    told = OPENAPI["paths"][path][method]["responses"][status]
    while "$ref" in told:
        told = OPENAPI["components"]["responses"][told["$ref"].rpartition("/")[2]]
    schema = json.dumps(told["content"]["application/json"]["schema"])
    jsonschema.Draft202012Validator(
        json.loads(schema.replace('"#/', '"openapi#/')),
        registry=REGISTRY,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    ).validate(answer)


def documented(path):
    return "/api/v1" + path


@pytest.fixture(scope="module")
def company(suite):
    """The suite with the company of `tandem demo` in it; its administrator."""
    token = suite.token("admin")
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tandem.cli", "demo"],
        env=os.environ | {"TANDEM_URL": suite.url, "TANDEM_TOKEN": token},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=4 * PATIENCE,
    )
    return suite.with_token(token)


@pytest.mark.parametrize("plural", ROUTES)
def test_records_of_every_entity_are_as_documented(company, plural):
    page = company.get(f"/{plural}?limit=5&count=exact")
    validate(page, documented(f"/{plural}"))
    assert page["items"], f"there are no {plural}"
    for listed in page["items"]:
        record = company.get(f"/{plural}/{listed['id']}")
        validate(record, documented(f"/{plural}/{{id}}"))
        assert {name: record[name] for name in listed} == listed
        history = company.get(f"/{plural}/{listed['id']}/history")
        validate(history, documented(f"/{plural}/{{id}}/history"))
        assert history["items"][-1]["version"] == 1
    validate(company.get(f"/{plural}/changes"), documented(f"/{plural}/changes"))
    entity = ROUTES[plural]["entity"]
    described = {field["name"] for field in company.get(f"/meta/{entity}")["fields"]}
    assert described == set(page["items"][0])


@pytest.mark.parametrize(
    "path",
    [
        "/me",
        "/search?q=a",
        "/parked-events",
        "/reports/pipeline?group_by=stage",
        "/reports/sales?group_by=month",
        "/reports/sales?group_by=product",
    ],
)
def test_other_questions_are_answered_as_documented(company, path):
    validate(company.get(path), documented(path.split("?")[0]))


def test_a_refusal_is_as_documented(company):
    schema = {"$ref": "openapi#/components/schemas/Problem"}
    for problem in (
        company("POST", "/leads", {"x": 1}, status=422),
        company.get("/leads/x", status=404),
        company.get("/leads?sort=x", status=400),
    ):
        jsonschema.Draft202012Validator(schema, registry=REGISTRY).validate(problem)


def test_a_far_too_long_address_is_refused_as_any_other(suite):
    answer = requests.get(f"{suite.url}/api/v1/leads?q={'a' * 20_000}", timeout=PATIENCE)
    assert (answer.status_code, answer.json()["code"]) == (414, "url_too_long")


@pytest.mark.parametrize("service", SERVICE_PORTS)
def test_what_is_told_is_as_documented(suite, company, service):
    server = make_url(EmbeddedPostgres(suite.var).url).set(database=f"tandem_{service}")
    with closing(connect(server.render_as_string(hide_password=False))) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT convert_from(body, 'UTF8') FROM outbox")
        events = [json.loads(body) for (body,) in cursor.fetchall()]
    unpublished = {"signing_key"}
    told = [event for event in events if event["type"].split(".")[2] not in unpublished]
    assert told
    for event in told:
        jsonschema.Draft202012Validator(
            {"$ref": f"asyncapi#/channels/{event['type']}/messages/event/payload"},
            registry=REGISTRY,
        ).validate(event)


def test_an_undocumented_answer_would_be_seen():
    for wrong in ({"items": []}, {"items": [{"id": 7}], "next_cursor": None}):
        with pytest.raises(jsonschema.ValidationError):
            validate(wrong, documented("/leads"))


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_the_documents_are_served(suite, name):
    answer = requests.get(f"{suite.url}/api/{name}.json", timeout=PATIENCE)
    assert answer.json() == {"openapi": OPENAPI, "asyncapi": ASYNCAPI}[name]
