"""The published documents: valid for the tools that read them, and whole."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.services import SERVICE_PORTS

SCHEMAS = Path(__file__).parents[2] / "contracts" / "schemas"
OPENAPI, ASYNCAPI, CATALOGUE, TOPOLOGY, PERMISSIONS = (
    json.loads((SCHEMAS / f"{name}.json").read_text())
    for name in ("openapi", "asyncapi", "catalogue", "topology", "permissions")
)
ADDRESS = re.compile(r"crm\.([a-z]+)\.([a-z_]+)\.([a-z_]+)\.v\d+")
METHODS = {"get", "post", "put", "patch", "delete"}


def operations():
    for path, item in OPENAPI["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


def references(part):
    """Every `$ref` below."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(document, reference):
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


class TestOpenApi:
    def test_it_is_valid(self):
        assert OPENAPI["openapi"] == "3.1.0"
        assert [str(error) for error in OpenAPIV31SpecValidator(OPENAPI).iter_errors()] == []

    def test_every_operation_has_a_name_of_its_own_and_a_summary(self):
        names = [operation["operationId"] for _, _, operation in operations()]
        assert len(names) == len(set(names))
        assert [path for path, _, operation in operations() if not operation["summary"]] == []

    def test_every_parameter_in_a_path_is_declared(self):
        for path, method, operation in operations():
            shared = OPENAPI["paths"][path].get("parameters", [])
            declared = {
                parameter["name"]
                for each in (*shared, *operation.get("parameters", ()))
                if (parameter := resolve(OPENAPI, each["$ref"]))["in"] == "path"
            }
            assert declared == set(re.findall(r"{(\w+)}", path)), (method, path)

    def test_every_refusal_is_a_problem_and_none_is_a_fault(self):
        problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
        named = set()
        for path, method, operation in operations():
            refused = {s: told for s, told in operation["responses"].items() if s[0] != "2"}
            refused.pop("304", None)
            named |= refused.keys()
            for status, told in refused.items():
                assert told == {"$ref": f"#/components/responses/{status}"}, (method, path)
                content = resolve(OPENAPI, told["$ref"])["content"]
                assert content == {"application/problem+json": problem}, status
        assert named == {
            *("308", "400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503")
        }

    @pytest.mark.parametrize(
        ("operation", "refused"),
        [
            ("get /leads", {400, 401, 403, 404}),
            ("post /leads/search", {400, 401, 403, 404, 413, 415, 422}),
            ("post /leads", {400, 401, 403, 404, 409, 413, 415, 422}),
            ("patch /leads/{id}", {308, 400, 401, 403, 404, 409, 412, 413, 415, 422}),
            ("post /auth/token", {400, 401, 409, 413, 415, 422, 429}),
            ("get /jwks", {400}),
        ],
    )
    def test_each_operation_names_the_refusals_it_can_answer(self, operation, refused):
        method, path = operation.split(" ")
        named = {int(s) for s in OPENAPI["paths"][f"/api/v1{path}"][method]["responses"]}
        assert {status for status in named if status >= 308} == refused

    @pytest.mark.parametrize("plural", CATALOGUE["routes"])
    def test_every_entity_is_there_with_the_verbs_it_has(self, plural):
        entity = CATALOGUE["routes"][plural]["entity"]
        verbs = set(PERMISSIONS[entity]["verbs"])
        at = f"/api/v1/{plural}"
        found = {
            "view": "get" in OPENAPI["paths"][f"{at}/{{id}}"],
            "create": "post" in OPENAPI["paths"][at],
            "edit": "patch" in OPENAPI["paths"][f"{at}/{{id}}"],
            "delete": "delete" in OPENAPI["paths"][f"{at}/{{id}}"],
        }
        assert {verb for verb, there in found.items() if there} == verbs & found.keys()
        for more in ("/changes", "/{id}/history", "/external/{source}/{key}"):
            assert at + more in OPENAPI["paths"]

    def test_every_action_is_there(self):
        listed = {(action["path"], action["method"].lower()) for action in CATALOGUE["actions"]}
        assert {(f"/api/v1{path}", method) for path, method in listed} <= {
            (path, method) for path, method, _ in operations()
        }
        assert {
            (path.removeprefix("/api/v1"), method)
            for path, method, operation in operations()
            if operation.get("security") == []
        } == {
            (action["path"], action["method"].lower())
            for action in CATALOGUE["actions"]
            if action["public"]
        } | {("/jwks", "get")}


class TestAsyncApi:
    def test_it_says_what_it_is(self):
        assert ASYNCAPI["asyncapi"] == "3.0.0"
        assert ASYNCAPI["defaultContentType"] == "application/cloudevents+json"
        assert ASYNCAPI["info"]["title"]
        assert ASYNCAPI["info"]["version"] == OPENAPI["info"]["version"]

    def test_every_reference_leads_somewhere(self):
        for reference in references(ASYNCAPI):
            assert resolve(ASYNCAPI, reference) is not None

    @pytest.mark.parametrize("address", ASYNCAPI["channels"])
    def test_every_channel_is_an_event_of_a_service(self, address):
        channel = ASYNCAPI["channels"][address]
        found = ADDRESS.fullmatch(address)
        assert found
        assert found[1] in SERVICE_PORTS
        assert channel["address"] == address
        envelope, own = channel["messages"]["event"]["payload"]["allOf"]
        assert envelope == {"$ref": "#/components/schemas/Envelope"}
        assert own["properties"]["type"] == {"const": address}
        assert own["required"] == ["data"]
        operation = ASYNCAPI["operations"][f"receive.{address}"]
        assert operation["action"] == "send"
        assert operation["channel"] == {"$ref": f"#/channels/{address}"}

    def test_every_schema_is_one(self):
        for document in (ASYNCAPI, OPENAPI):
            for schema in document["components"]["schemas"].values():
                jsonschema.Draft202012Validator.check_schema(schema)

    @pytest.mark.parametrize("entity", PERMISSIONS)
    def test_every_record_tells_its_life(self, entity):
        service = PERMISSIONS[entity]["service"]
        for fact in ("created", "changed", "deleted", "restored"):
            assert f"crm.{service}.{entity}.{fact}.v1" in ASYNCAPI["channels"]

    def test_every_subscription_hears_something_that_is_told(self):
        # Keys are told among services; whoever needs them outside asks /jwks.
        told = [address.split(".") for address in ASYNCAPI["channels"]] + [
            ["crm", "identity", "signing_key", "changed", "v1"]
        ]
        for service, subscriptions in TOPOLOGY.items():
            for subscription in subscriptions:
                for pattern in subscription["patterns"]:
                    words = pattern.split(".")
                    heard = any(
                        len(words) == len(address)
                        and all(
                            word in {"*", said} for word, said in zip(words, address, strict=True)
                        )
                        for address in told
                    )
                    assert heard, (service, subscription["name"], pattern)
