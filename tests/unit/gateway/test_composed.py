"""Answers made of several services' answers, and what happens when one of them is missing."""

import base64
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.declared import DECLARED
from gateway.front import API, COMPOSED
from tests.unit.gateway.conftest import Services
from tests.unit.gateway.stub import Says, Seen, says

Headers = dict[str, str]


def hits(entity: str, *ids: str) -> Says:
    return says({"items": [{"entity": entity, "id": record_id} for record_id in ids]})


def found(answer: Any) -> list[tuple[str, str]]:
    return [(hit["service"], hit["id"]) for hit in answer.json["items"]]


@pytest.fixture
def searchable(services: Services) -> Services:
    services["identity"].answers["/search"] = hits("user")
    services["sales"].answers["/search"] = says(
        {
            "items": [
                {"entity": "lead", "id": "l2"},
                {"entity": "lead", "id": "l1"},
                {"entity": "account", "id": "a1"},
            ]
        }
    )
    services["support"].answers["/search"] = hits("ticket", "t3", "t2", "t1")
    return services


class TestSearch:
    def test_entities_take_turns(
        self, gateway: FlaskClient, searchable: Services, token: Headers
    ) -> None:
        answer = gateway.get("/api/v1/search?q=duck%20%C3%A9", headers=token)
        assert answer.status_code == 200
        assert found(answer) == [
            ("sales", "l2"),
            ("sales", "a1"),
            ("support", "t3"),
            ("sales", "l1"),
            ("support", "t2"),
            ("support", "t1"),
        ]
        assert answer.json["unavailable"] == []
        (seen,) = searchable["support"].seen
        assert seen.target == "/search?q=duck+%C3%A9&limit=25"
        assert seen.headers["Authorization"] == token["Authorization"]
        assert seen.headers["X-Request-Id"] == answer.headers["X-Request-Id"]

    def test_the_limit_holds_for_all_together(
        self, gateway: FlaskClient, searchable: Services, token: Headers
    ) -> None:
        answer = gateway.get("/api/v1/search?q=a&limit=3", headers=token)
        assert found(answer) == [("sales", "l2"), ("sales", "a1"), ("support", "t3")]
        assert searchable["sales"].seen[0].target == "/search?q=a&limit=3"

    def test_all_are_asked_at_the_same_time(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        together = threading.Barrier(3, timeout=10)

        def waits_for_the_others(_: Seen) -> Says:
            together.wait()
            return hits("any", "1")

        for stub in services.values():
            stub.answers["/search"] = waits_for_the_others
        assert len(found(gateway.get("/api/v1/search?q=a", headers=token))) == 3

    def test_a_service_that_is_down_or_failing_is_named(
        self, gateway: FlaskClient, searchable: Services, token: Headers
    ) -> None:
        gateway.get("/api/v1/jwks")
        searchable["identity"].stop()
        searchable["sales"].answers["/search"] = says({"code": "internal_error"}, 500)
        answer = gateway.get("/api/v1/search?q=a", headers=token)
        assert answer.status_code == 200
        assert found(answer) == [("support", "t3"), ("support", "t2"), ("support", "t1")]
        assert answer.json["unavailable"] == ["identity", "sales"]

    def test_with_none_there_is_no_answer(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        gateway.get("/api/v1/jwks")
        for stub in services.values():
            stub.stop()
        answer = gateway.get("/api/v1/search?q=a", headers=token)
        assert (answer.status_code, answer.json["code"]) == (503, "service_unavailable")

    def test_a_refusal_of_the_caller_is_everybodys(
        self, gateway: FlaskClient, searchable: Services, token: Headers
    ) -> None:
        searchable["sales"].answers["/search"] = says(
            {
                "code": "bad_query",
                "detail": "No.",
                "errors": [{"pointer": "/q", "code": "too_long", "detail": "too long"}],
            },
            400,
        )
        answer = gateway.get("/api/v1/search?q=a", headers=token)
        assert (answer.status_code, answer.json["code"]) == (400, "bad_query")
        assert answer.json["errors"] == [
            {"pointer": "/q", "code": "too_long", "detail": "too long"}
        ]

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("", "/q"),
            ("q=", "/q"),
            ("q=%20", "/q"),
            ("q=a&limit=0", "/limit"),
            ("q=a&limit=201", "/limit"),
            ("q=a&limit=x", "/limit"),
        ],
    )
    def test_bad_parameters_are_named(
        self,
        gateway: FlaskClient,
        services: Services,
        token: Headers,
        query: str,
        pointer: str,
    ) -> None:
        answer = gateway.get(f"/api/v1/search?{query}", headers=token)
        assert (answer.status_code, answer.json["code"]) == (400, "bad_query")
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
        assert services["sales"].seen == []


def parked(*ids: str, cursor: str | None = None) -> Says:
    return says({"items": [{"id": parked_id} for parked_id in ids], "next_cursor": cursor})


class TestParkedEvents:
    PATH = "/api/v1/parked-events"

    def test_those_of_all_services_page_by_page(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        services["identity"].answers["/parked-events"] = parked()
        services["sales"].answers["/parked-events"] = [
            parked("s1", "s2", cursor="after-s2"),
            parked("s3"),
        ]
        services["support"].answers["/parked-events"] = parked("t1")
        first = gateway.get(f"{self.PATH}?limit=2&state=parked", headers=token)
        assert found(first) == [("sales", "s1"), ("sales", "s2"), ("support", "t1")]
        assert first.json["unavailable"] == []
        cursor = first.json["next_cursor"]
        second = gateway.get(f"{self.PATH}?limit=2&state=parked&cursor={cursor}", headers=token)
        assert found(second) == [("sales", "s3")]
        assert second.json["next_cursor"] is None
        assert [seen.target for seen in services["sales"].seen] == [
            "/parked-events?limit=2&state=parked",
            "/parked-events?limit=2&state=parked&cursor=after-s2",
        ]
        assert len(services["support"].asked("/parked-events")) == 1

    def test_those_of_one_service_are_its_own_answer(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        services["sales"].answers["/parked-events"] = parked("s1", cursor="c")
        answer = gateway.get(f"{self.PATH}?service=sales&limit=1", headers=token)
        assert answer.json == {"items": [{"id": "s1"}], "next_cursor": "c"}
        assert services["support"].seen == []

    def test_an_unknown_service_or_cursor_is_refused(
        self, gateway: FlaskClient, token: Headers
    ) -> None:
        answer = gateway.get(f"{self.PATH}?service=unheard", headers=token)
        assert answer.status_code == 400
        assert answer.json["errors"] == [
            {
                "pointer": "/service",
                "code": "unknown_value",
                "detail": "is one of identity, sales, support",
            }
        ]
        for cursor in ("x", "WzFd", "e30", "eyJ4IjoxfQ"):
            answer = gateway.get(f"{self.PATH}?cursor={cursor}", headers=token)
            assert (answer.status_code, answer.json["code"]) == (400, "bad_query"), cursor

    @pytest.mark.parametrize("verb", ["retry", "discard"])
    def test_a_decision_goes_to_the_service(
        self, gateway: FlaskClient, services: Services, token: Headers, verb: str
    ) -> None:
        services["sales"].answers[f"/parked-events/p1/{verb}"] = says({"state": "done"})
        answer = gateway.post(f"{self.PATH}/sales/p1/{verb}", headers=token)
        assert (answer.status_code, answer.json) == (200, {"state": "done"})
        (seen,) = services["sales"].seen
        assert (seen.method, seen.headers["Authorization"]) == ("POST", token["Authorization"])

    def test_an_id_may_be_any_text(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        gateway.post(f"{self.PATH}/sales/%E5%8C%97%C2%8B/discard", headers=token)
        (seen,) = services["sales"].seen
        assert seen.target == "/parked-events/%E5%8C%97%C2%8B/discard"

    def test_there_are_no_other_decisions_and_services(
        self, gateway: FlaskClient, token: Headers
    ) -> None:
        assert gateway.post(f"{self.PATH}/sales/p1/forget", headers=token).status_code == 404
        assert gateway.post(f"{self.PATH}/unheard/p1/retry", headers=token).status_code == 404


class TestHealth:
    def test_alive(self, gateway: FlaskClient) -> None:
        answer = gateway.get("/healthz")
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})

    def test_ready_when_every_service_is(self, gateway: FlaskClient, services: Services) -> None:
        for stub in services.values():
            stub.answers["/readyz"] = says({"status": "ready"})
        answer = gateway.get("/readyz")
        assert (answer.status_code, answer.json) == (
            200,
            {
                "status": "ready",
                "services": {"identity": "ready", "sales": "ready", "support": "ready"},
            },
        )
        services["sales"].stop()
        services["support"].answers["/readyz"] = says({"status": "starting"}, 503)
        answer = gateway.get("/readyz")
        assert (answer.status_code, answer.json) == (
            503,
            {
                "status": "unavailable",
                "services": {
                    "identity": "ready",
                    "sales": "unavailable",
                    "support": "unavailable",
                },
            },
        )

    def test_requests_are_measured_by_service_method_and_status(
        self, services: Services, schemas: Path, token: Headers
    ) -> None:
        gateway = create_app(
            {name: stub.url for name, stub in services.items()}, schemas=schemas
        ).test_client()
        series = 'tandem_gateway_request_seconds_count{method="%s",service="%s",status="%d"}'

        def count(method: str, service: str, status: int) -> float:
            wanted = series % (method, service, status)
            lines = gateway.get("/metrics").text.splitlines()
            return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))

        before = count("GET", "support", 200), count("other", "gateway", 405)
        services["support"].answers["/tickets/1"] = says({})
        gateway.get("/api/v1/tickets/1", headers=token)
        gateway.open("/api/v1/tickets/1", method="INVENTED", headers=token)
        assert (count("GET", "support", 200), count("other", "gateway", 405)) == (
            before[0] + 1,
            before[1] + 1,
        )
        assert "INVENTED" not in gateway.get("/metrics").text


def test_what_is_described_is_what_is_answered(services: Services, schemas: Path) -> None:
    app = create_app({name: stub.url for name, stub in services.items()}, schemas=schemas)
    addresses = app.url_map.bind("gateway")
    described = {
        addresses.match(f"{API}{about.path}", method=about.method, return_rule=True)[0].rule
        for about in DECLARED
    }
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith(API)}
    # Those of every plural are described where the services describe theirs.
    assert described == {rule for rule in rules if not rule.startswith(f"{API}/<plural>")}
    assert {about.path.split("/")[1] for about in DECLARED} == COMPOSED


class TestRecycleBin:
    @pytest.fixture
    def bins(self, services: Services) -> Services:
        for name, *deleted in (
            ("sales", "2025-01-01T10:00:03Z", "2025-01-01T10:00:01.5Z"),
            ("support", "2025-01-01T10:00:02Z", "2025-01-01T10:00:01Z"),
        ):
            items = [{"id": f"{name}-{at}", "deleted_at": at} for at in deleted]
            services[name].answers["/recycle-bin"] = says({"items": items, "next_cursor": None})
        services["identity"].answers["/recycle-bin"] = says({"items": [], "next_cursor": None})
        return services

    def test_the_last_deleted_of_all_come_first(
        self, gateway: FlaskClient, bins: Services, token: Headers
    ) -> None:
        answer = gateway.get("/api/v1/recycle-bin", headers=token).json
        assert [(i["service"], i["deleted_at"][-6:]) for i in answer["items"]] == [
            ("sales", "00:03Z"),
            ("support", "00:02Z"),
            ("sales", ":01.5Z"),
            ("support", "00:01Z"),
        ]
        assert (answer["next_cursor"], answer["unavailable"]) == (None, [])
        assert bins["sales"].seen[0].target == "/recycle-bin?limit=25"

    def test_one_cursor_means_the_same_to_every_service(
        self, gateway: FlaskClient, bins: Services, token: Headers
    ) -> None:
        page = gateway.get("/api/v1/recycle-bin?limit=3&q=tea", headers=token).json
        assert len(page["items"]) == 3
        place = base64.urlsafe_b64decode(page["next_cursor"] + "==")
        at = "2025-01-01T10:00:01.5Z"
        assert orjson.loads(place) == [at, f"sales-{at}"]
        gateway.get(f"/api/v1/recycle-bin?cursor={page['next_cursor']}", headers=token)
        for name in ("identity", "sales", "support"):
            first, second = (seen.target for seen in bins[name].seen if "bin" in seen.target)
            assert first == "/recycle-bin?limit=3&q=tea"
            assert second == f"/recycle-bin?cursor={page['next_cursor']}&limit=25"

    def test_a_service_that_is_down_is_named(
        self, gateway: FlaskClient, bins: Services, token: Headers
    ) -> None:
        gateway.get("/api/v1/jwks")
        bins["sales"].stop()
        answer = gateway.get("/api/v1/recycle-bin", headers=token).json
        assert [item["service"] for item in answer["items"]] == ["support", "support"]
        assert answer["unavailable"] == ["sales"]


class TestKeyMetrics:
    def test_all_services_metrics_are_one_list(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        for name in ("sales", "support"):
            metric = {"entity": "x", "plural": "xs", "view": name, "name": "X", "count": 3}
            services[name].answers["/key-metrics"] = says({"items": [metric]})
        gateway.get("/api/v1/jwks")
        services["identity"].stop()
        answer = gateway.get("/api/v1/key-metrics", headers=token).json
        assert [(i["service"], i["view"], i["count"]) for i in answer["items"]] == [
            ("sales", "sales", 3),
            ("support", "support", 3),
        ]
        assert answer["unavailable"] == ["identity"]
