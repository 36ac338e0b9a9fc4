"""What does not get past the gateway: no token, no such address, too much of anything."""

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from tests.unit.gateway.conftest import Services
from tests.unit.gateway.stub import Signer, says

Headers = dict[str, str]


class TestTokens:
    @pytest.mark.parametrize("path", ["/leads/1", "/me", "/search?q=a", "/parked-events"])
    def test_without_one_nothing_is_passed_on(
        self, gateway: FlaskClient, services: Services, path: str
    ) -> None:
        answer = gateway.get(f"/api/v1{path}", headers={"X-Request-Id": "r1"})
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tandem"'
        assert answer.json == {
            "type": "urn:tandem:problem:unauthenticated",
            "title": "Unauthenticated",
            "status": 401,
            "code": "unauthenticated",
            "detail": "Send an access token as 'Authorization: Bearer …'.",
            "request_id": "r1",
        }
        assert [seen for stub in services.values() for seen in stub.seen] == []

    def test_a_forged_one_is_refused(self, gateway: FlaskClient, services: Services) -> None:
        answer = gateway.get("/api/v1/leads", headers=Signer().header())
        assert answer.status_code == 401
        assert services["sales"].asked("/leads") == []

    def test_signing_in_needs_none(self, gateway: FlaskClient, services: Services) -> None:
        services["identity"].answers["/auth/token"] = says({"access_token": "x"})
        answer = gateway.post("/api/v1/auth/token", data=b'{"username": "a", "password": "b"}')
        assert (answer.status_code, answer.json) == (200, {"access_token": "x"})

    def test_only_the_public_method_is_public(self, gateway: FlaskClient) -> None:
        answer = gateway.get("/api/v1/auth/token")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


class TestKeys:
    def test_they_are_asked_for_once(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        services["sales"].answers["/leads"] = says({})
        assert [gateway.get("/api/v1/leads", headers=token).status_code for _ in "abc"] == [200] * 3
        assert len(services["identity"].asked("/jwks")) == 1
        assert services["sales"].asked("/jwks") == []

    def test_another_service_stands_in_for_identity(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        services["identity"].stop()
        services["sales"].answers["/jwks"] = says({"keys": []})
        services["support"].answers["/tickets"] = says({"items": []})
        assert gateway.get("/api/v1/tickets", headers=token).status_code == 200
        assert len(services["support"].asked("/jwks")) == 1

    def test_with_no_service_to_ask_nobody_can_be_let_in(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        for stub in services.values():
            stub.stop()
        answer = gateway.get("/api/v1/tickets", headers=token)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json["code"] == "service_unavailable"

    def test_an_unknown_key_is_looked_up_at_once_but_not_at_will(
        self,
        gateway: FlaskClient,
        services: Services,
        token: Headers,
        signer: Signer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        now = [1000.0]
        monkeypatch.setattr("gateway.keys.time.monotonic", lambda: now[0])
        identity, new = services["identity"], Signer("key-2")
        services["sales"].answers["/leads"] = says({})
        gateway.get("/api/v1/leads", headers=token)

        now[0] += 1
        invented = Signer("invented").header()
        assert [gateway.get("/api/v1/leads", headers=invented).status_code for _ in "ab"] == [
            401,
            401,
        ]
        assert len(identity.asked("/jwks")) == 2

        now[0] += 1
        identity.answers["/jwks"] = says({"keys": [signer.jwk, new.jwk]})
        assert gateway.get("/api/v1/leads", headers=new.header()).status_code == 200
        assert gateway.get("/api/v1/leads", headers=token).status_code == 200
        assert len(identity.asked("/jwks")) == 3

    def test_a_retired_key_is_forgotten_in_five_minutes(
        self,
        gateway: FlaskClient,
        services: Services,
        token: Headers,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        now = [1000.0]
        monkeypatch.setattr("gateway.keys.time.monotonic", lambda: now[0])
        services["sales"].answers["/leads"] = says({})
        assert gateway.get("/api/v1/leads", headers=token).status_code == 200
        services["identity"].answers["/jwks"] = says({"keys": [Signer("key-2").jwk]})
        now[0] += 300
        assert gateway.get("/api/v1/leads", headers=token).status_code == 200
        now[0] += 1
        assert gateway.get("/api/v1/leads", headers=token).status_code == 401

    def test_old_keys_serve_while_no_service_answers(
        self,
        gateway: FlaskClient,
        services: Services,
        token: Headers,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        now = [1000.0]
        monkeypatch.setattr("gateway.keys.time.monotonic", lambda: now[0])
        services["sales"].answers["/leads"] = says({})
        gateway.get("/api/v1/leads", headers=token)
        for stub in services.values():
            stub.answers["/jwks"] = says({"code": "internal_error"}, 500)
        now[0] += 3600
        assert gateway.get("/api/v1/leads", headers=token).status_code == 200

    def test_partners_can_read_them(self, gateway: FlaskClient, signer: Signer) -> None:
        answer = gateway.get("/api/v1/jwks")
        assert (answer.status_code, answer.json) == (200, {"keys": [signer.jwk]})


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/unheard",
            "/api/v1/",
            "/api/v1",
            "/api/v2/leads",
            "/leads",
            "/api/v1/leads/",
            "/api/v1//leads",
            "/api/v1/leads/../users",
            "/api/v1/leads/%2e%2e/metrics",
            "/api/v1/leads/./1",
            "/api/v1/metrics",
            "/api/v1/meta",
            "/api/v1/search/deeper",
        ],
    )
    def test_an_unknown_one_is_not_found(
        self, gateway: FlaskClient, services: Services, token: Headers, path: str
    ) -> None:
        answer = gateway.get(path, headers=token)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
        assert answer.json["code"] == "not_found"
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]
        assert services["sales"].seen == []

    @pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "BREW"])
    def test_an_unknown_method_is_not_allowed(
        self, gateway: FlaskClient, token: Headers, method: str
    ) -> None:
        answer = gateway.open("/api/v1/leads", method=method, headers=token)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "DELETE, GET, HEAD, PATCH, POST, PUT"
        assert answer.json["code"] == "method_not_allowed"

    def test_neither_is_one_that_a_page_does_not_take(
        self, gateway: FlaskClient, token: Headers
    ) -> None:
        answer = gateway.post("/api/v1/search?q=a", headers=token)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) >= {"GET", "HEAD"}
        assert answer.json["code"] == "method_not_allowed"

    def test_a_long_one_and_long_headers_are_refused(
        self, gateway: FlaskClient, token: Headers
    ) -> None:
        assert gateway.get("/api/v1/leads?q=" + "a" * 8000, headers=token).status_code == 414
        escaped = gateway.get("/api/v1/leads/" + "%C3%A4" * 1332, headers=token)
        assert (escaped.status_code, escaped.json["code"]) == (414, "url_too_long")
        assert gateway.get("/api/v1/leads", headers={"X-Big": "a" * 16_385}).status_code == 431


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


class TestBodies:
    LIMIT = 10 * 1024 * 1024

    def test_ten_megabytes_pass_and_a_byte_more_does_not(
        self, gateway: FlaskClient, services: Services, token: Headers
    ) -> None:
        services["sales"].answers["/leads"] = says({}, 201)
        headers = token | {"Content-Type": "application/json"}
        assert (
            gateway.post("/api/v1/leads", headers=headers, data=b" " * self.LIMIT).status_code
            == 201
        )
        answer = gateway.post("/api/v1/leads", headers=headers, data=b" " * (self.LIMIT + 1))
        assert (answer.status_code, answer.json["code"]) == (413, "payload_too_large")
        assert len(services["sales"].asked("/leads")) == 1

    def test_an_announced_gigabyte_is_refused_unread(
        self, gateway: FlaskClient, token: Headers
    ) -> None:
        source = io.BytesIO(b"x")
        answer = gateway.post(
            "/api/v1/leads",
            headers=token,
            input_stream=source,
            environ_overrides={"CONTENT_LENGTH": str(1024**3)},
        )
        assert answer.status_code == 413
        assert source.tell() == 0

    def test_chunks_are_counted_too(self, gateway: FlaskClient, token: Headers) -> None:
        answer = gateway.post(
            "/api/v1/leads",
            headers=token | {"Transfer-Encoding": "chunked"},
            input_stream=io.BytesIO(b" " * (self.LIMIT + 1)),
            environ_overrides={"CONTENT_LENGTH": ""},
        )
        assert answer.status_code == 413

    def test_strangers_may_send_little(self, gateway: FlaskClient, services: Services) -> None:
        services["identity"].answers["/auth/token"] = says({})
        assert gateway.post("/api/v1/auth/token", data=b" " * 65_536).status_code == 200
        assert gateway.post("/api/v1/auth/token", data=b" " * 65_537).status_code == 413

    def test_a_broken_off_or_badly_framed_body_is_refused(
        self, gateway: FlaskClient, token: Headers
    ) -> None:
        for length in ("9", "-1", "1e3", "٣"):
            answer = gateway.post(
                "/api/v1/leads",
                headers=token,
                input_stream=io.BytesIO(b"{}"),
                environ_overrides={"CONTENT_LENGTH": length},
            )
            assert answer.status_code == 400, length

    def test_a_compressed_body_is_refused(self, gateway: FlaskClient, token: Headers) -> None:
        answer = gateway.post(
            "/api/v1/leads", headers=token | {"Content-Encoding": "gzip"}, data=b"x"
        )
        assert (answer.status_code, answer.json["code"]) == (415, "content_encoding_unsupported")

    @pytest.mark.parametrize(
        "body",
        [
            nested(32),
            b'{"a":' * 32 + b"1" + b"}" * 32,
            b"[" + b",".join([b"[[]]"] * 100) + b"]",
            b'["' + b"[" * 100 + b'"]',
            b'["\\"' + b"[" * 100 + b'"]',
            b'["\\\\", "' + b"[{" * 100 + b'", "", "x", ""]',
        ],
    )
    def test_depth_32_passes_and_brackets_in_strings_do_not_count(
        self, gateway: FlaskClient, services: Services, token: Headers, body: bytes
    ) -> None:
        services["sales"].answers["/leads"] = says({}, 201)
        headers = token | {"Content-Type": "application/json"}
        assert gateway.post("/api/v1/leads", headers=headers, data=body).status_code == 201
        assert services["sales"].seen[-1].body == body

    @pytest.mark.parametrize(
        "body",
        [
            nested(33),
            b'{"a":' * 33 + b"1" + b"}" * 33,
            b"[" * 100_000,
            b'{"a":[' * 50_000,
            b'["\\\\",' + nested(32) + b"]",
            b'["","x",""' + b"," + nested(32) + b"]",
            nested(20) + b"[" + nested(32) + b"]",
        ],
    )
    def test_depth_33_is_refused(
        self, gateway: FlaskClient, services: Services, token: Headers, body: bytes
    ) -> None:
        headers = token | {"Content-Type": "application/merge-patch+json"}
        answer = gateway.patch("/api/v1/leads/1", headers=headers, data=body)
        assert (answer.status_code, answer.json["code"]) == (400, "too_deep")
        assert answer.json["detail"] == "JSON may be nested 32 levels deep."
        assert services["sales"].seen == []


def test_a_header_http_cannot_carry_is_the_clients_fault(
    gateway: FlaskClient, token: Headers
) -> None:
    answer = gateway.get(
        "/api/v1/leads", headers=token, environ_overrides={"HTTP_PREFER": "a\x00\r\nX-Evil: 1"}
    )
    assert (answer.status_code, answer.json["code"]) == (400, "bad_header")


def test_a_missing_document_stops_the_start(schemas: Path) -> None:
    (schemas / "asyncapi.json").unlink()
    urls = dict.fromkeys(("identity", "sales", "support"), "http://127.0.0.1:1")
    with pytest.raises(FileNotFoundError, match=r"asyncapi\.json"):
        create_app(urls, schemas=schemas)
