"""What a service sees of a client's request, and the client of the service's answer."""

import io
import socket
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from gateway.app import create_app
from tests.unit.gateway.conftest import Services
from tests.unit.gateway.stub import USER, Says, Stub, says

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
Headers = dict[str, str]


def test_method_path_query_and_body_arrive(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads/12/convert"] = says({"ok": True}, 201)
    body = b'{"b": 1.0,\n  "a": "\xc3\xa9"}'
    answer = gateway.post(
        "/api/v1/leads/12/convert?filter[amount][gte]=1%2B1&q=a+b%20c",
        data=body,
        headers=token | {"Content-Type": "application/json", "Idempotency-Key": "k1"},
    )
    assert (answer.status_code, answer.data) == (201, b'{"ok":true}')
    (seen,) = services["sales"].seen
    assert seen.method == "POST"
    assert seen.target == "/leads/12/convert?filter%5Bamount%5D%5Bgte%5D=1%2B1&q=a+b%20c"
    assert seen.body == body


def test_a_path_is_encoded_anew(gateway: FlaskClient, services: Services, token: Headers) -> None:
    services["sales"].answers["/leads/external/web%20shop/%C3%A9%3F1"] = says({}, 200)
    answer = gateway.put("/api/v1/leads/external/web%20shop/%C3%A9%3F1", headers=token, data=b"{}")
    assert answer.status_code == 200


def test_a_slash_within_a_word_stays_one(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    path = "/leads/external/web%20shop/%2F10%2F248%252F"
    services["sales"].answers[path] = says({}, 200)
    assert gateway.put("/api/v1" + path, headers=token, data=b"{}").status_code == 200


def test_only_the_headers_on_the_list_reach_a_service(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads"] = says({})
    sent = {
        "Accept": "application/json",
        "Accept-Language": "nl",
        "If-Match": '"3"',
        "If-None-Match": '"2"',
        "Idempotency-Key": "k1",
        "Prefer": "return=minimal",
        "tracestate": "a=b",
        "traceparent": f"00-{TRACE}-{SPAN}-01",
        "X-Request-Id": "client-7",
    }
    dropped = {"Cookie": "a=b", "X-Forwarded-For": "6.6.6.6", "Connection": "x-evil", "X-Evil": "1"}
    gateway.get("/api/v1/leads", headers=token | sent | dropped)
    (seen,) = services["sales"].seen
    traceparent = seen.headers.pop("traceparent")
    assert traceparent.startswith(f"00-{TRACE}-")
    assert traceparent.endswith("-01")
    assert SPAN not in traceparent
    del sent["traceparent"]
    own = {"Accept-Encoding", "Host", "User-Agent"}
    assert {name: value for name, value in seen.headers.items() if name not in own} == {
        **token,
        **sent,
        "X-Forwarded-For": "127.0.0.1",
    }


def test_a_request_gets_an_id_and_a_trace_of_its_own(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads"] = says({})
    answer = gateway.get("/api/v1/leads", headers=token | {"X-Request-Id": "bad id\t"})
    (seen,) = services["sales"].seen
    request_id = answer.headers["X-Request-Id"]
    assert len(request_id) == 36
    assert seen.headers["X-Request-Id"] == request_id
    assert len(seen.headers["traceparent"]) == 55


def test_status_headers_and_body_come_back_as_they_are(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads"] = Says(
        201,
        b'{"a":  1}',
        {
            "ETag": '"1"',
            "Location": "/api/v1/leads/1",
            "Tandem-Outcome": "created",
            "X-Request-Id": "theirs",
            "Keep-Alive": "timeout=5",
            "X-Frame-Options": "SAMEORIGIN",
        },
    )
    answer = gateway.post("/api/v1/leads", headers=token | {"X-Request-Id": "mine"}, data=b"{}")
    assert answer.data == b'{"a":  1}'
    assert dict(answer.headers) == {
        "Content-Type": "application/json",
        "Content-Length": "9",
        "ETag": '"1"',
        "Location": "/api/v1/leads/1",
        "Tandem-Outcome": "created",
        "X-Request-Id": "mine",
        "X-Frame-Options": "SAMEORIGIN",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    assert len(answer.headers) == 10


def test_a_problem_of_a_service_is_not_touched(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    body = b'{"code": "order_invoiced"}'
    services["sales"].answers["/leads/1"] = Says(409, body, content_type="application/problem+json")
    answer = gateway.delete("/api/v1/leads/1", headers=token)
    assert (answer.status_code, answer.data) == (409, body)


def test_a_crash_below_a_services_doors_becomes_a_problem(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads/1"] = Says(500, b"Traceback", content_type="text/plain")
    answer = gateway.get("/api/v1/leads/1", headers=token | {"X-Request-Id": "r1"})
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "urn:tandem:problem:internal_server_error",
        "title": "Internal server error",
        "status": 500,
        "code": "internal_server_error",
        "detail": "The sales service answered with status 500.",
        "request_id": "r1",
    }


def test_head_is_asked_as_get_and_answered_without_a_body(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads/1"] = Says(200, b"{}", {"ETag": '"4"'})
    answer = gateway.head("/api/v1/leads/1", headers=token)
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (200, b"", '"4"')
    assert [seen.method for seen in services["sales"].seen] == ["GET"]


@pytest.mark.parametrize("length", [True, False])
def test_a_large_body_is_streamed(
    gateway: FlaskClient, services: Services, token: Headers, *, length: bool
) -> None:
    body = bytes(range(256)) * 12_000
    services["sales"].answers["/leads"] = Says(200, body, length=length)
    answer = gateway.get("/api/v1/leads", headers=token, buffered=False)
    blocks = list(answer.response)
    assert len(blocks) > 10
    assert b"".join(blocks) == body


def test_an_action_of_another_service_under_the_same_word(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["support"].answers["/leads/1/calls"] = says({"of": "support"})
    services["sales"].answers["/leads/1/notes"] = says({"of": "sales"})
    assert gateway.get("/api/v1/leads/1/calls", headers=token).json == {"of": "support"}
    assert gateway.get("/api/v1/leads/1/notes", headers=token).json == {"of": "sales"}


def test_meta_goes_to_the_owner_of_the_entity(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["support"].answers["/meta/ticket"] = says({"fields": []})
    assert gateway.get("/api/v1/meta/ticket", headers=token).json == {"fields": []}
    assert gateway.get("/api/v1/meta/unheard", headers=token).status_code == 404


def test_every_request_leaves_one_line_in_the_log(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads/1"] = says({})
    sent = {"X-Request-Id": "r1", "traceparent": f"00-{TRACE}-{SPAN}-01"}
    with capture_logs() as lines:
        gateway.get("/api/v1/leads/1?q=private", headers=token | sent)
        gateway.get("/healthz")
    (line,) = lines
    assert line.pop("milliseconds") >= line.pop("upstream_milliseconds") > 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/api/v1/leads/1",
        "status": 200,
        "upstream": "sales",
        "route": "leads",
        "request_id": "r1",
        "trace_id": TRACE,
        "user_id": USER,
        "client": "127.0.0.1",
    }


def test_a_fault_of_the_gateway_is_logged_and_told_plainly(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/search"] = says({"unexpected": 1})
    with capture_logs() as lines:
        answer = gateway.get("/api/v1/search?q=a", headers=token | {"X-Request-Id": "r1"})
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "unexpected" not in answer.text
    assert {"event": "page failed", "request_id": "r1"}.items() <= lines[0].items()


class TestLostConnections:
    """A kept-alive connection may end at any moment; only what may be repeated is repeated."""

    BROKEN = Says(hang_up=True)

    def broken_once(self, sales: Stub) -> None:
        sales.answers["/leads/1"] = [self.BROKEN, says({"ok": 1})]

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_idempotent_requests_are_repeated(
        self, gateway: FlaskClient, services: Services, token: Headers, method: str
    ) -> None:
        self.broken_once(services["sales"])
        answer = gateway.open("/api/v1/leads/1", method=method, headers=token)
        assert (answer.status_code, answer.json) == (200, {"ok": 1})
        assert len(services["sales"].seen) == 2

    def test_a_post_with_an_idempotency_key_is_repeated(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        self.broken_once(services["sales"])
        answer = gateway.post("/api/v1/leads/1", headers=token | {"Idempotency-Key": "k"})
        assert answer.json == {"ok": 1}

    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    def test_other_requests_are_not(
        self, gateway: FlaskClient, services: Services, token: Headers, method: str
    ) -> None:
        self.broken_once(services["sales"])
        answer = gateway.open("/api/v1/leads/1", method=method, headers=token)
        assert (answer.status_code, answer.json["code"]) == (502, "connection_lost")
        assert len(services["sales"].seen) == 1

    def test_twice_broken_is_down(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        services["sales"].answers["/leads/1"] = [self.BROKEN, self.BROKEN]
        answer = gateway.get("/api/v1/leads/1", headers=token)
        assert (answer.status_code, answer.json["code"]) == (503, "service_unavailable")


class TestServicesInTrouble:
    def test_a_service_that_is_down_fails_its_own_routes_only(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        services["support"].answers["/tickets"] = says({"items": []})
        services["sales"].stop()
        answer = gateway.post("/api/v1/leads", headers=token, data=b"{}")
        assert answer.status_code == 503
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Retry-After"] == "5"
        assert answer.json["code"] == "service_unavailable"
        assert answer.json["detail"] == "The sales service is not available."
        assert gateway.get("/api/v1/tickets", headers=token).json == {"items": []}

    def test_one_that_does_not_answer_is_timed_out(
        self, services: Services, schemas: Path, token: Headers
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            urls = {name: stub.url for name, stub in services.items()}
            urls["sales"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
            gateway = create_app(urls, schemas=schemas, read_seconds=0.05).test_client()
            answer = gateway.get("/api/v1/leads", headers=token)
        assert (answer.status_code, answer.json["code"]) == (504, "gateway_timeout")

    def test_one_that_hangs_cannot_take_all_the_threads(
        self, services: Services, schemas: Path, token: Headers
    ) -> None:
        urls = {name: stub.url for name, stub in services.items()}
        app = create_app(urls, schemas=schemas, capacity=1)
        refused = []

        def while_it_waits(_: object) -> Says:
            refused.append(app.test_client().get("/api/v1/leads", headers=token))
            return says({"first": 1})

        services["sales"].answers["/leads"] = while_it_waits
        assert app.test_client().get("/api/v1/leads", headers=token).json == {"first": 1}
        (second,) = refused
        assert (second.status_code, second.headers["Retry-After"]) == (503, "1")
        services["sales"].answers["/leads"] = says({"again": 1})
        assert app.test_client().get("/api/v1/leads", headers=token).json == {"again": 1}


def test_a_chunked_request_body_is_passed_on_with_its_length(
    gateway: FlaskClient, services: Services, token: Headers
) -> None:
    services["sales"].answers["/leads"] = says({}, 201)
    answer = gateway.post(
        "/api/v1/leads",
        headers=token | {"Transfer-Encoding": "chunked"},
        input_stream=io.BytesIO(b'{"last_name": "Duck"}'),
        environ_overrides={"CONTENT_LENGTH": ""},
    )
    assert answer.status_code == 201
    assert services["sales"].seen[-1].body == b'{"last_name": "Duck"}'


def test_a_catalogue_that_names_an_unknown_service_does_not_start(schemas: Path) -> None:
    with pytest.raises(LookupError, match="identity, support"):
        create_app({"sales": "http://127.0.0.1:1"}, schemas=schemas)
