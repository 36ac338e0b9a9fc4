"""A change of rights: identity tries it, every service counts, and a silent one is named."""

import orjson
import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.conftest import Services
from tests.unit.gateway.stub import Says, says

Headers = dict[str, str]

PATH = "/api/v1/access/simulate"
BODY = {"changes": [{"method": "PATCH", "path": "/users/1", "body": {"role_id": "2"}}]}
TRIED = {"supposed": {"users": {"b": {"role_id": "2"}}}, "users": [{"id": "b", "name": "Bob"}]}


def counted(entity: str) -> Says:
    module = {"entity": entity, "records": {"view": {"gained": 1}}}
    return says({"items": [{"user_id": "b", "modules": [module]}]})


@pytest.fixture
def counting(services: Services) -> Services:
    services["identity"].answers["/access/simulate"] = says(TRIED)
    services["identity"].answers["/access/compare"] = says(
        {"items": [{"user_id": "b", "modules": []}]}
    )
    services["sales"].answers["/access/compare"] = counted("lead")
    services["support"].answers["/access/compare"] = counted("ticket")
    return services


def test_what_services_count_is_one_answer(
    gateway: FlaskClient, counting: Services, token: Headers
) -> None:
    answer = gateway.post(PATH, json=BODY, headers={**token, "Idempotency-Key": "k"})
    assert (answer.status_code, answer.json["unavailable"]) == (200, [])
    (user,) = answer.json["users"]
    assert (user["id"], user["name"]) == ("b", "Bob")
    assert [(m["service"], m["entity"]) for m in user["modules"]] == [
        ("sales", "lead"),
        ("support", "ticket"),
    ]
    (tried,) = counting["identity"].asked("/access/simulate")
    assert (orjson.loads(tried.body), tried.headers["Idempotency-Key"]) == (BODY, "k")
    (asked,) = counting["sales"].asked("/access/compare")
    assert (asked.method, asked.headers["Content-Type"]) == ("POST", "application/json")
    assert orjson.loads(asked.body) == {"supposed": TRIED["supposed"], "users": ["b"]}


def test_a_service_that_is_down_is_named(
    gateway: FlaskClient, counting: Services, token: Headers
) -> None:
    gateway.get("/api/v1/jwks")
    counting["sales"].stop()
    answer = gateway.post(PATH, json=BODY, headers=token).json
    assert [module["service"] for module in answer["users"][0]["modules"]] == ["support"]
    assert answer["unavailable"] == ["sales"]


def test_what_identity_refuses_nobody_counts(
    gateway: FlaskClient, counting: Services, token: Headers
) -> None:
    errors = [{"pointer": "/changes/0/body/role_id", "code": "dangling_link", "detail": "no"}]
    refusal = {"code": "invalid", "detail": "Wrong.", "errors": errors}
    counting["identity"].answers["/access/simulate"] = says(refusal, 422)
    answer = gateway.post(PATH, json=BODY, headers=token)
    assert (answer.status_code, answer.json) == (422, refusal)
    assert counting["sales"].asked("/access/compare") == []


def test_nobody_touched_is_nobody_counted(
    gateway: FlaskClient, counting: Services, token: Headers
) -> None:
    counting["identity"].answers["/access/simulate"] = says({**TRIED, "users": []})
    answer = gateway.post(PATH, json=BODY, headers=token)
    assert answer.json == {"users": [], "unavailable": []}
    assert counting["sales"].asked("/access/compare") == []


def test_nobody_asks_unsigned(gateway: FlaskClient, counting: Services) -> None:
    assert gateway.post(PATH, json=BODY).status_code == 401
    assert counting["identity"].asked("/access/simulate") == []
